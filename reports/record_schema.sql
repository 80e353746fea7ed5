-- Schema 3 of a run's record. Times are integer nanoseconds on the test's own time line unless named _utc.
PRAGMA application_id = 1112363858;                          -- "BMSR": what file(1) and a reader know it by
PRAGMA user_version = 3;
CREATE TABLE run (
    id TEXT PRIMARY KEY, schema INTEGER NOT NULL, started_utc TEXT NOT NULL, ended_utc TEXT,
    plan TEXT NOT NULL, fixture TEXT NOT NULL, bench TEXT NOT NULL, serial TEXT NOT NULL, operator TEXT NOT NULL,
    uut_command TEXT NOT NULL, seed TEXT NOT NULL,           -- TEXT: 64 bits without a sign
    verdict TEXT,                                            -- NULL until the run has ended
    message TEXT NOT NULL DEFAULT '');
CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE input_file (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE requirement (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL, observe TEXT NOT NULL, kind TEXT NOT NULL,
    source TEXT NOT NULL, position INTEGER NOT NULL);
CREATE TABLE test (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
    verdict TEXT NOT NULL,  -- "aborted" while the test runs; since schema 3 "not_run" if it was left out, message says why
    message TEXT NOT NULL, details TEXT NOT NULL,
    wall_seconds REAL NOT NULL, simulated_seconds REAL NOT NULL);
CREATE TABLE test_requirement (test INTEGER NOT NULL REFERENCES test, requirement TEXT NOT NULL);
CREATE TABLE measurement (
    id INTEGER PRIMARY KEY, test INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, unit TEXT NOT NULL,
    uncertainty REAL NOT NULL, low REAL, high REAL, acceptance TEXT NOT NULL, verdict TEXT NOT NULL,
    time INTEGER NOT NULL, requirement TEXT NOT NULL, source TEXT NOT NULL, comment TEXT NOT NULL);
CREATE TABLE signal (test INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    unit TEXT NOT NULL, PRIMARY KEY (test, id)) WITHOUT ROWID;  -- since schema 2 only those that have changed
CREATE TABLE trace_block (test INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (test, first));
CREATE TABLE can_block (test INTEGER NOT NULL, bus TEXT NOT NULL, block INTEGER NOT NULL, count INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (test, bus, block));      -- since schema 2
CREATE TABLE can_message (bus TEXT NOT NULL, id INTEGER NOT NULL, extended INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (bus, id, extended)) WITHOUT ROWID;          -- since schema 2; what the layouts call it
CREATE TABLE mark (test INTEGER NOT NULL, time INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE log (test INTEGER NOT NULL, time INTEGER NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE transcript_block (test INTEGER NOT NULL, session INTEGER NOT NULL, block INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (test, session, block));
