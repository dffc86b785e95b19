-- What a run says of single tables, apart from what it says of each database: lists of runs read only the latter.
ALTER TABLE crawl_run
  -- JSON: `databases` with the problems and the held tables of each, which `databases` is then without. Null: there are
  -- none, or the run is of before and has them in `databases`.
  ADD report text;
