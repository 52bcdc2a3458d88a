-- A hundred thousand finished jobs with two files and two events each, and ten thousand that wait.
INSERT INTO jobs (id, meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at, revision, planned_revision, blanked, sort_at,
    host, topic, proved_files, proved_bytes, zoom_copy)
SELECT n, 'meeting-' || n || '==', (SELECT recording FROM sample),
    CASE WHEN n <= 100000 THEN 'retired' ELSE 'verified' END, CASE WHEN n <= 100000 THEN 'finished' ELSE 'active' END,
    CASE WHEN n <= 100000 THEN n ELSE 32503680000000 + n END, n, n, 1, 1, 1, 1000000 + n,
    'host-' || (n % 350) || '@uni.example', 'lecture ' || n || ' of a course on the theatre of ' || (n % 97), 2, 2000000, 'put-away' FROM generate_series(1, 110000) AS n;
SELECT setval('jobs_id_seq', 110000);
INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, size, sha256, proved_at)
SELECT (n + 1) / 2, 'file-' || n, 1, (SELECT file FROM sample), 'name-' || n || '.mp4', 'folder-' || n / 20, 'drive-' || n,
    'verified', 1000000, encode(sha256(n::text::bytea), 'hex'), n FROM generate_series(1, 220000) AS n;
INSERT INTO events (name, received_at, body, body_sha256, meeting, job, blanked)
SELECT 'recording.completed', 1700000000000 + n * 1000, (SELECT convert_to(body, 'UTF8') FROM sample), encode(sha256(n::text::bytea), 'hex'),
    'meeting-' || (n + 1) / 2 || '==', (n + 1) / 2, 2 FROM generate_series(1, 220000) AS n;
INSERT INTO diary (job, at, what, text, trouble)
SELECT (n + 1) / 2, n, 'failed', 'Zoom cut the connection', n % 2 FROM generate_series(1, 220000) AS n;
ANALYZE;
