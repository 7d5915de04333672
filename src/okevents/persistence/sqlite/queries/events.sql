-- name: find_event^
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id WHERE e.id = :id;

-- name: next_event_of_name^
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id
WHERE e.name = :name AND e.starts_ms >= :now_ms ORDER BY e.starts_ms, e.id LIMIT 1;

-- name: last_event_of_name^
SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id
WHERE e.name = :name AND e.starts_ms < :now_ms ORDER BY e.starts_ms DESC, e.id DESC LIMIT 1;

-- name: insert_event!
INSERT INTO events (id, version, name, starts_ms, status, country, largest_hall, search_text, document)
VALUES (:id, :version, :name, :starts_ms, :status, :country, :largest_hall, :search_text, :document)
ON CONFLICT (id) DO NOTHING;

-- name: update_event!
UPDATE events SET version = :version, name = :name, starts_ms = :starts_ms, status = :status, country = :country,
  largest_hall = :largest_hall, search_text = :search_text, document = :document
WHERE id = :id AND version = :expected_version;

-- name: record_availability!
INSERT INTO availability (event_id, version, most_available, document)
VALUES (:event_id, :version, :most_available, :document)
ON CONFLICT (event_id) DO UPDATE
SET version = excluded.version, most_available = excluded.most_available, document = excluded.document
WHERE excluded.version > availability.version;
