CREATE TABLE project(
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL
) STRICT;

-- Narrow rows, so that lists never read bodies. `id` is the order of arrival and the cursor of live streams: it must
-- not be used twice, hence AUTOINCREMENT. Times are microseconds since 1970.
CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL REFERENCES project,
  uuid BLOB NOT NULL,
  name TEXT NOT NULL,
  distinct_id TEXT NOT NULL,
  session_id TEXT,
  ts INTEGER NOT NULL,
  received INTEGER NOT NULL,
  sent_ts TEXT,
  lib TEXT NOT NULL,
  side TEXT NOT NULL CHECK(side IN ('browser', 'server', 'other')),
  title TEXT NOT NULL,
  sends INTEGER NOT NULL DEFAULT 1,
  UNIQUE(uuid, project)
) STRICT;

-- `codec` 0 is plain JSON text.
CREATE TABLE event_body(
  id INTEGER PRIMARY KEY REFERENCES event ON DELETE CASCADE,
  codec INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE INDEX event_name ON event(name, id);
CREATE INDEX event_distinct_id ON event(distinct_id, id);
CREATE INDEX event_session ON event(session_id, id) WHERE session_id IS NOT NULL;
