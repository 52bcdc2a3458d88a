-- Marks the file as this program's: "Z2DR".
PRAGMA application_id = 1513243730;
