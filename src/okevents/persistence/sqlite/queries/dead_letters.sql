-- name: park_letter!
INSERT OR REPLACE INTO dead_letters (queue, id, parked_at, is_due, letter) VALUES (:queue, :id, :parked_at, 0, :letter);

-- name: list_letters
SELECT letter FROM dead_letters WHERE queue = :queue ORDER BY parked_at, id LIMIT :limit;

-- name: find_letter^
SELECT letter FROM dead_letters WHERE queue = :queue AND id = :id;

-- name: mark_letter!
UPDATE dead_letters SET is_due = 1 WHERE queue = :queue AND id = :id;

-- name: due_letters
SELECT letter FROM dead_letters WHERE queue = :queue AND is_due = 1 ORDER BY parked_at, id;

-- name: drop_letter!
DELETE FROM dead_letters WHERE queue = :queue AND id = :id;
