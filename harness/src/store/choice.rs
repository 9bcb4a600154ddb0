//! What models chose among samples, one row a group, and what they wrote for a verifier's own use.

use verifiers::domain::{Completion, Status};

use super::row::form_str;
use super::{Store, StoreError, classify_write};

/// A choice as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRow {
    /// The verifier's row.
    pub verifier_id: i64,
    /// The problem's row.
    pub problem_id: i64,
    /// How many samples were shown.
    pub size: u32,
    /// Which group of that size.
    pub number: u32,
    /// Sample indices in the order shown.
    pub members: Vec<u32>,
    /// The sample that was picked.
    pub picked: Option<u32>,
    /// What was written.
    pub written: Option<Completion>,
    /// The oracle's word on what was written.
    pub status: Option<Status>,
    /// Why there is no choice.
    pub detail: Option<String>,
    /// Tokens written by the model that chose.
    pub completion_tokens: Option<u32>,
}

impl Store {
    /// Stores a choice, in place of an older one on the same group.
    pub async fn put_choice(&self, row: &ChoiceRow) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT OR REPLACE INTO choice (verifier_id, problem_id, size, number, members, picked, form, text, status, detail,
                 completion_tokens)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row.verifier_id)
        .bind(row.problem_id)
        .bind(row.size)
        .bind(row.number)
        .bind(serde_json::Value::from(row.members.clone()).to_string())
        .bind(row.picked)
        .bind(row.written.as_ref().map(|w| form_str(w.form)))
        .bind(row.written.as_ref().map(|w| w.text.as_str()))
        .bind(row.status.map(Status::as_str))
        .bind(&row.detail)
        .bind(row.completion_tokens)
        .execute(self.pool())
        .await
        .map_err(|e| classify_write(self.path(), e))?;
        Ok(())
    }
}

impl Store {
    /// What was kept under a key.
    pub async fn recall(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM kept WHERE key = ?").bind(key).fetch_optional(self.pool()).await?)
    }

    /// Keeps something under a key, in place of what was there.
    pub async fn remember(&self, key: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)")
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await
            .map_err(|e| classify_write(self.path(), e))?;
        Ok(())
    }
}
