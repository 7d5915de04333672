-- name: find_inventory^
SELECT document FROM inventories WHERE event_id = :event_id;

-- name: find_booking^
SELECT document FROM bookings WHERE id = :id;

-- name: bookings_of_guest
SELECT document FROM bookings WHERE guest = :guest AND event_id = :event_id
AND state IN ('checked_in', 'confirmed', 'held', 'offered', 'waiting');

-- name: ended_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND ends_ms <= :ended_by ORDER BY ends_ms LIMIT :limit;

-- name: numbered_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND number >= :first AND number < :before;

-- name: waiting_bookings
SELECT document FROM bookings WHERE event_id = :event_id AND waiting > :after ORDER BY waiting LIMIT :limit;

-- name: count_waiting$
SELECT count(*) FROM bookings WHERE event_id = :event_id AND waiting < :before
AND EXISTS (SELECT 1 FROM json_each(:halls) hall WHERE instr(halls, ' ' || hall.value || ' ') > 0);

-- name: due_inventories
SELECT event_id FROM inventories WHERE due_ms <= :now_ms ORDER BY due_ms LIMIT :limit;

-- name: list_inventories
SELECT document FROM inventories WHERE event_id > :after ORDER BY event_id LIMIT :limit;

-- name: insert_inventory!
INSERT INTO inventories (event_id, version, due_ms, document) VALUES (:event_id, :version, :due_ms, :document)
ON CONFLICT (event_id) DO NOTHING;

-- name: update_inventory!
UPDATE inventories SET version = :version, due_ms = :due_ms, document = :document
WHERE event_id = :event_id AND version = :expected_version;

-- name: put_bookings*!
INSERT INTO bookings (id, event_id, version, number, state, guest, halls, created_ms, ends_ms, waiting, document)
VALUES (:id, :event_id, :version, :number, :state, :guest, :halls, :created_ms, :ends_ms, :waiting, :document)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, guest = excluded.guest,
  ends_ms = excluded.ends_ms, waiting = excluded.waiting, document = excluded.document;

-- name: find_key$
SELECT key FROM keyring WHERE name = :name;

-- name: list_keys
SELECT name, key FROM keyring WHERE substr(name, 1, length(:prefix)) = :prefix;

-- name: insert_key!
INSERT INTO keyring (name, key) VALUES (:name, :key);
