-- The schema registry, and the tables that are registered with it.

ALTER TABLE change DROP CONSTRAINT change_subject_check;
ALTER TABLE change ADD CONSTRAINT change_subject_check
  CHECK (subject IN ('SOURCE', 'DATABASE', 'TABLE', 'OVERLAY', 'SCHEMA'));

-- A subject has one row for good: when its name is registered again after a deletion, its versions are counted on.
CREATE TABLE schema_subject (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  kind text NOT NULL,
  compatibility text NOT NULL,
  used_in_json boolean NOT NULL,
  -- The greatest number that was ever given.
  last_version bigint NOT NULL DEFAULT 0
);

CREATE SEQUENCE schema_id AS int;

-- A version never changes, but for being deleted; what was planned with it goes on reading it then.
CREATE TABLE schema_version (
  subject_id uuid NOT NULL REFERENCES schema_subject,
  version bigint NOT NULL,
  -- As Confluent's framing carries it. Versions imported from a registry may share one if they are the same content.
  id int NOT NULL,
  change_set bigint NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  -- JSON, as it was registered.
  content text NOT NULL,
  -- Of the content: equal content is one version.
  fingerprint bytea NOT NULL,
  -- In the kind's own form.
  compiled bytea NOT NULL,
  -- A JSON list of names.
  messages text NOT NULL,
  PRIMARY KEY (subject_id, version)
);
CREATE INDEX schema_version_id ON schema_version (id);

-- What versions need of others.
CREATE TABLE schema_reference (
  subject_id uuid NOT NULL,
  version bigint NOT NULL,
  to_subject_id uuid NOT NULL,
  to_version bigint NOT NULL,
  FOREIGN KEY (subject_id, version) REFERENCES schema_version,
  FOREIGN KEY (to_subject_id, to_version) REFERENCES schema_version
);
CREATE INDEX schema_reference_of ON schema_reference (subject_id, version);
CREATE INDEX schema_reference_to ON schema_reference (to_subject_id, to_version);

-- Which versions the newest versions of tables use. Of a dropped table it is what it used last.
CREATE TABLE schema_use (
  table_id uuid NOT NULL REFERENCES catalog_table,
  role text NOT NULL,
  subject_id uuid NOT NULL REFERENCES schema_subject,
  version bigint NOT NULL,
  pinned boolean NOT NULL,
  PRIMARY KEY (table_id, role)
);
CREATE INDEX schema_use_subject ON schema_use (subject_id);
