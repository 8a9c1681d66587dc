-- work, version 1
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
  PRIMARY KEY (id)
);
CREATE INDEX sagas_subject_idx ON sagas (subject);
CREATE INDEX sagas_phase_idx ON sagas (phase);
CREATE INDEX sagas_after_saga_idx ON sagas (after_saga);
