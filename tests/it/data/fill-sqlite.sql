-- A hundred thousand finished jobs with two files and two events each, and ten thousand that wait.
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 110000)
INSERT INTO jobs (id, meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at, revision, planned_revision, blanked, sort_at,
    host, topic, proved_files, proved_bytes, zoom_copy)
SELECT n, 'meeting-' || n || '==', (SELECT recording FROM sample),
    CASE WHEN n <= 100000 THEN 'retired' ELSE 'verified' END, CASE WHEN n <= 100000 THEN 'finished' ELSE 'active' END,
    CASE WHEN n <= 100000 THEN n ELSE 32503680000000 + n END, n, n, 1, 1, 1, 1000000 + n,
    'host-' || (n % 350) || '@uni.example', 'lecture ' || n || ' of a course on the theatre of ' || (n % 97), 2, 2000000, 'put-away' FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 220000)
INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, size, sha256, proved_at)
SELECT (n + 1) / 2, 'file-' || n, 1, (SELECT file FROM sample), 'name-' || n || '.mp4', 'folder-' || n / 20, 'drive-' || n,
    'verified', 1000000, lower(hex(randomblob(32))), n FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 220000)
INSERT INTO events (name, received_at, body, body_sha256, meeting, job, blanked)
SELECT 'recording.completed', 1700000000000 + n * 1000, (SELECT body FROM sample), lower(hex(randomblob(32))), 'meeting-' || (n + 1) / 2 || '==',
    (n + 1) / 2, 2 FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 220000)
INSERT INTO diary (job, at, what, text, trouble) SELECT (n + 1) / 2, n, 'failed', 'Zoom cut the connection', n % 2 FROM n;
ANALYZE;
