-- name: find_inventory^
SELECT document FROM inventories WHERE event_id = :event_id;

-- name: find_booking^
SELECT document FROM bookings WHERE id = :id;

-- name: insert_inventory!
INSERT INTO inventories (event_id, version, document) VALUES (:event_id, :version, :document)
ON CONFLICT (event_id) DO NOTHING;

-- name: update_inventory!
UPDATE inventories SET version = :version, document = :document
WHERE event_id = :event_id AND version = :expected_version;

-- name: put_bookings*!
INSERT INTO bookings (id, event_id, version, document) VALUES (:id, :event_id, :version, :document)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, document = excluded.document;

-- name: find_key$
SELECT key FROM keyring WHERE name = :name;

-- name: insert_key!
INSERT INTO keyring (name, key) VALUES (:name, :key);
