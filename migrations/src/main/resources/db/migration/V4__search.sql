-- Search looks for parts of words: by trigrams, so that a rare word among very many tables is found without reading all.
-- The extension is part of PostgreSQL's own distribution; whoever may create in the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX catalog_table_search ON catalog_table USING gin (search_text gin_trgm_ops);
