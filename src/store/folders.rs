//! The folders of files: each path has one Drive id, reserved before the folder is created. Also the owners of short
//! folder names.

use super::database::{Row, values};
use super::{FolderRecord, Store, StoreError};

impl Store {
    /// The folder at this path, if one was reserved.
    pub async fn folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        let found =
            self.database.row("SELECT drive_id, made FROM folders WHERE path = $1", values![path]).await?;
        found.map(|row| folder(&row)).transpose()
    }

    /// Reserves a Drive id for the folder at this path. An earlier reservation stands and is returned.
    pub async fn reserve_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        let mut tx = self.database.begin("reserve_folder").await?;
        tx.execute(
            "INSERT INTO folders (path, drive_id) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING",
            values![path, drive_id],
        )
        .await?;
        let row = tx.row("SELECT drive_id, made FROM folders WHERE path = $1", values![path]).await?;
        tx.commit().await?;
        folder(
            &row.ok_or_else(|| StoreError::Corrupt("a folder that was just reserved is missing".to_owned()))?,
        )
    }

    /// Records that the folder exists on Drive.
    pub async fn folder_made(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("UPDATE folders SET made = 1 WHERE path = $1 AND drive_id = $2", path, drive_id)
            .await
    }

    /// Deletes the record of a folder that is missing on Drive.
    pub async fn forget_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("DELETE FROM folders WHERE path = $1 AND drive_id = $2", path, drive_id).await
    }

    /// The host that owns the short name at the end of this path, if any host does.
    pub async fn name_owner(&self, path: &str) -> Result<Option<String>, StoreError> {
        let found = self.database.row("SELECT host FROM folder_names WHERE path = $1", values![path]).await?;
        found.map(|row| row.text("host")).transpose()
    }

    /// Gives the short name at the end of this path to a host. The first host keeps it, and is returned.
    pub async fn own_name(&self, path: &str, host: &str) -> Result<String, StoreError> {
        let mut tx = self.database.begin("own_name").await?;
        tx.execute(
            "INSERT INTO folder_names (path, host) VALUES ($1, $2) ON CONFLICT (path) DO NOTHING",
            values![path, host],
        )
        .await?;
        let row = tx.row("SELECT host FROM folder_names WHERE path = $1", values![path]).await?;
        tx.commit().await?;
        row.ok_or_else(|| StoreError::Corrupt("a name that was just given is missing".to_owned()))?
            .text("host")
    }

    async fn change_folder(
        &self,
        statement: &'static str,
        path: &str,
        drive_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("change_folder").await?;
        tx.execute(statement, values![path, drive_id]).await?;
        tx.commit().await
    }
}

fn folder(row: &Row) -> Result<FolderRecord, StoreError> {
    Ok(FolderRecord { drive_id: row.text("drive_id")?, made: row.integer("made")? != 0 })
}
