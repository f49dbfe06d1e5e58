//! Opens the database file and brings it to the newest schema.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// Each brings the schema one version further; `user_version` counts those that ran. Append only.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001.sql")];

/// Readers never wait long for the one writer: WAL lets both work at once.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates the directory (only for its owner) and takes it for this process, until the file is dropped.
pub(super) fn take_directory(dir: &Path) -> Result<File, StoreError> {
    let error = |source| StoreError::Directory {
        path: dir.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(error)?;
    let lock = private(&dir.join("hogback.lock")).map_err(error)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: dir.to_owned(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(error(source)),
    }
}

/// The connection that writes; creates the file if it is not there.
pub(super) fn open_writer(file: &Path) -> Result<Connection, StoreError> {
    // SQLite would create it with the permissions of everyone's umask, and its WAL takes after it.
    private(file).map_err(|source| StoreError::Directory {
        path: file.to_owned(),
        source,
    })?;
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // The first one only works before the first table.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Deleting is rare here, and who deletes events wants them gone: zeros take their place in the file.
    connection.pragma_update(None, "secure_delete", true)?;
    migrate(&mut connection, MIGRATIONS)?;
    Ok(connection)
}

/// A connection that can only read.
pub(super) fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn private(file: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(file)
}

fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let version = version as usize;
    if version > migrations.len() {
        return Err(StoreError::Newer {
            found: version,
            known: migrations.len(),
        });
    }
    for (index, migration) in migrations.iter().enumerate().skip(version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(
            None,
            "user_version",
            u32::try_from(index + 1).unwrap_or(u32::MAX),
        )?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn later_migrations_run_on_an_existing_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let next = [MIGRATIONS[0], "ALTER TABLE project ADD COLUMN name TEXT;"];
        migrate(&mut connection, &next).unwrap();
        migrate(&mut connection, &next).unwrap();
        connection
            .execute(
                "INSERT INTO project(token, created, name) VALUES('t', 0, 'n')",
                [],
            )
            .unwrap();
    }

    #[test]
    fn a_file_of_a_newer_hogback_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            migrate(&mut connection, MIGRATIONS),
            Err(StoreError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn a_failed_migration_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(
            &mut connection,
            &[MIGRATIONS[0], "CREATE TABLE half(a); NONSENSE;"],
        )
        .unwrap_err();
        let version: u32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, 1);
        connection.execute_batch("CREATE TABLE half(a)").unwrap();
    }

    #[test]
    fn only_the_owner_may_read_the_data() {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("data");
        let _lock = take_directory(&dir).unwrap();
        let file = dir.join("hogback.db");
        let connection = open_writer(&file).unwrap();
        connection
            .execute("INSERT INTO project(token, created) VALUES('t', 0)", [])
            .unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&dir.join("hogback.db-wal")), 0o600);
    }

    #[test]
    fn a_directory_belongs_to_one_process_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let lock = take_directory(temporary.path()).unwrap();
        assert!(matches!(
            take_directory(temporary.path()),
            Err(StoreError::InUse { .. })
        ));
        drop(lock);
        take_directory(temporary.path()).unwrap();
    }
}
