//! The folders that files go to: each path has one Drive id, reserved before the folder is made; and whose a
//! short name is.

use super::database::{Row, values};
use super::{FolderRecord, SqlStore, StoreError};

impl SqlStore {
    pub(super) async fn find_folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        let found =
            self.database.row("SELECT drive_id, made FROM folders WHERE path = $1", values![path]).await?;
        found.map(|row| folder(&row)).transpose()
    }

    pub(super) async fn insert_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO folders (path, drive_id) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING",
            values![path, drive_id],
        )
        .await?;
        let row = tx.row("SELECT drive_id, made FROM folders WHERE path = $1", values![path]).await?;
        tx.commit().await?;
        folder(&row.ok_or_else(|| StoreError::Missing("folder that was just reserved".to_owned()))?)
    }

    pub(super) async fn confirm_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("UPDATE folders SET made = 1 WHERE path = $1 AND drive_id = $2", path, drive_id)
            .await
    }

    pub(super) async fn delete_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("DELETE FROM folders WHERE path = $1 AND drive_id = $2", path, drive_id).await
    }

    pub(super) async fn find_name_owner(&self, path: &str) -> Result<Option<String>, StoreError> {
        let found = self.database.row("SELECT host FROM folder_names WHERE path = $1", values![path]).await?;
        found.map(|row| row.text("host")).transpose()
    }

    pub(super) async fn insert_name_owner(&self, path: &str, host: &str) -> Result<String, StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO folder_names (path, host) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING",
            values![path, host],
        )
        .await?;
        let row = tx.row("SELECT host FROM folder_names WHERE path = $1", values![path]).await?;
        tx.commit().await?;
        row.ok_or_else(|| StoreError::Missing("name that was just given".to_owned()))?.text("host")
    }

    async fn change_folder(
        &self,
        statement: &'static str,
        path: &str,
        drive_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(statement, values![path, drive_id]).await?;
        tx.commit().await
    }
}

fn folder(row: &Row) -> Result<FolderRecord, StoreError> {
    Ok(FolderRecord { drive_id: row.text("drive_id")?, made: row.integer("made")? != 0 })
}
