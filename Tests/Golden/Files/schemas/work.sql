-- work, version 2, sqlite
CREATE TABLE sagas (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  phase TEXT NOT NULL,
  value TEXT NOT NULL,
  next_step INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  fault TEXT,
  cancelled INTEGER NOT NULL,
  after_saga TEXT,
  owner TEXT,
  lease_until INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  request_id TEXT,
  user_id TEXT,
  project_id TEXT,
  generation INTEGER NOT NULL,
  node TEXT,
  PRIMARY KEY (id)
);
CREATE INDEX sagas_subject_idx ON sagas (subject);
CREATE INDEX sagas_phase_idx ON sagas (phase);
CREATE INDEX sagas_after_saga_idx ON sagas (after_saga);
CREATE TABLE work_nodes (
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (name)
);


-- work, version 2, postgres
CREATE TABLE sagas (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  phase TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  next_step BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  fault TEXT COLLATE "C",
  cancelled BIGINT NOT NULL,
  after_saga TEXT COLLATE "C",
  owner TEXT COLLATE "C",
  lease_until BIGINT NOT NULL,
  not_before BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  request_id TEXT COLLATE "C",
  user_id TEXT COLLATE "C",
  project_id TEXT COLLATE "C",
  generation BIGINT NOT NULL,
  node TEXT COLLATE "C",
  PRIMARY KEY (id)
);
CREATE INDEX sagas_subject_idx ON sagas (subject);
CREATE INDEX sagas_phase_idx ON sagas (phase);
CREATE INDEX sagas_after_saga_idx ON sagas (after_saga);
CREATE TABLE work_nodes (
  name TEXT COLLATE "C" NOT NULL,
  owner TEXT COLLATE "C" NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (name)
);
