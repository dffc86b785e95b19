-- Tells this store from every other. References to tables carry it, so that no other server takes one for its own.
-- Made once, with this table; a dump carries it along. Whoever copies a store to use both gives the copy another id.
CREATE TABLE store_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL
);
INSERT INTO store_identity (id) VALUES (gen_random_uuid());
