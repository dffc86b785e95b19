-- The catalog's store. For PostgreSQL 14 and newer. Names sort by code points, the same on every server.

-- Every accepted change is one revision. Revisions are dense and in the order of commits: the counter's row is locked
-- last, after all other work of a transaction (a sequence would not be in that order). Its time never runs backwards.
CREATE TABLE revision_counter (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  value bigint NOT NULL,
  time timestamptz NOT NULL
);
INSERT INTO revision_counter (value, time) VALUES (0, '-infinity');

-- What a transaction writes is marked with its change set, as its revision is known only at its end.
CREATE SEQUENCE change_set;

CREATE TABLE revision (
  id bigint PRIMARY KEY,
  change_set bigint NOT NULL UNIQUE,
  time timestamptz NOT NULL,
  author text NOT NULL,
  reason text NOT NULL
);

-- What a revision touched. No foreign key: it could only be checked after the counter is locked, once a row.
CREATE TABLE change (
  change_set bigint NOT NULL,
  ordinal int NOT NULL,
  subject text NOT NULL CHECK (subject IN ('SOURCE', 'DATABASE', 'TABLE', 'OVERLAY')),
  subject_id uuid NOT NULL,
  operation text NOT NULL CHECK (operation IN ('CREATE', 'ALTER', 'DROP', 'RESTORE')),
  -- The name for people, as it was then.
  name text NOT NULL,
  PRIMARY KEY (change_set, ordinal)
);
CREATE INDEX change_of_subject ON change (subject_id, change_set);

-- Shows whether a key file is the one that this store's secrets are sealed with.
CREATE TABLE key_check (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sealed bytea NOT NULL
);

CREATE TABLE source (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  -- A JSON object.
  options text NOT NULL,
  version bigint NOT NULL,
  dropped boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX source_name ON source (name) WHERE NOT dropped;

CREATE TABLE source_secret (
  source_id uuid NOT NULL REFERENCES source,
  key text NOT NULL,
  -- Sealed with the source's id as associated data.
  sealed bytea NOT NULL,
  PRIMARY KEY (source_id, key)
);

-- The right to crawl a source. Expiry is by this server's clock; the fence grows with each new holder, and each commit of
-- a crawl checks it, so that a holder that lost the lease writes nothing.
CREATE TABLE lease (
  source_id uuid PRIMARY KEY REFERENCES source,
  owner text NOT NULL,
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE database (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  source_id uuid NOT NULL REFERENCES source,
  native_name text COLLATE "C" NOT NULL,
  dropped boolean NOT NULL DEFAULT false,
  UNIQUE (source_id, native_name)
);
CREATE UNIQUE INDEX database_name ON database (name) WHERE NOT dropped;
-- For the history of what was dropped.
CREATE INDEX database_any_name ON database (name);

-- A table has one row for good: when its name returns after a drop, it is the same table.
CREATE TABLE catalog_table (
  id uuid PRIMARY KEY,
  database_id uuid NOT NULL REFERENCES database,
  name text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  comment text NOT NULL,
  dropped boolean NOT NULL DEFAULT false,
  -- The newest version, and the change set that made it.
  version bigint NOT NULL,
  change_set bigint NOT NULL,
  -- Of the physical layer and the version of its type mapping.
  fingerprint bytea NOT NULL,
  -- Lower-case text for search: names, comment, columns.
  search_text text NOT NULL,
  UNIQUE (database_id, name)
);

CREATE TABLE table_version (
  table_id uuid NOT NULL REFERENCES catalog_table,
  version bigint NOT NULL,
  change_set bigint NOT NULL,
  dropped boolean NOT NULL,
  -- JSON texts, stored as they were written so that equal tables are equal bytes.
  physical text NOT NULL,
  overlay text,
  PRIMARY KEY (table_id, version)
);

-- Estimates change all the time: kept once, without a revision.
CREATE TABLE statistics (
  table_id uuid PRIMARY KEY REFERENCES catalog_table,
  row_count bigint,
  size_bytes bigint
);

CREATE TABLE crawl_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id uuid NOT NULL REFERENCES source,
  fence bigint NOT NULL,
  state text NOT NULL,
  author text NOT NULL,
  start_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  end_time timestamptz,
  error text NOT NULL DEFAULT '',
  -- JSON: the outcome of each database. One row is all that an unchanged crawl writes.
  databases text NOT NULL DEFAULT '[]'
);
CREATE INDEX crawl_run_of_source ON crawl_run (source_id, id);

-- Who was told how to reach which data.
CREATE TABLE binding_audit (
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  author text NOT NULL,
  database_name text NOT NULL,
  table_name text NOT NULL,
  role text NOT NULL,
  allowed boolean NOT NULL,
  -- Why not; empty if allowed.
  reason text NOT NULL
);
CREATE INDEX binding_audit_time ON binding_audit (time);
