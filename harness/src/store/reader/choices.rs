//! Choices among samples, as they are stored.

use sqlx::Row as _;
use verifiers::domain::{Completion, Status};

use super::super::StoreError;
use super::super::choice::ChoiceRow;
use super::super::row::parse_form;
use super::super::runs::corrupt;
use super::Reader;

impl Reader {
    /// The choices of the current verifiers of a run, by verifier, problem, size and number.
    pub async fn choices(&self, run_id: i64) -> Result<Vec<ChoiceRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT c.* FROM choice c JOIN verifier w ON w.id = c.verifier_id
             WHERE w.run_id = ? AND w.current = 1 ORDER BY c.verifier_id, c.problem_id, c.size, c.number",
        )
        .bind(run_id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let bad = || corrupt("choice");
                let members: &str = row.try_get("members")?;
                let (form, text): (Option<&str>, Option<String>) = (row.try_get("form")?, row.try_get("text")?);
                let written = form.zip(text).map(|(form, text)| {
                    Ok::<_, StoreError>(Completion { text, form: parse_form(form).ok_or_else(bad)? })
                });
                let status: Option<&str> = row.try_get("status")?;
                Ok(ChoiceRow {
                    verifier_id: row.try_get("verifier_id")?,
                    problem_id: row.try_get("problem_id")?,
                    size: row.try_get("size")?,
                    number: row.try_get("number")?,
                    members: serde_json::from_str(members).map_err(|_e| bad())?,
                    picked: row.try_get("picked")?,
                    written: written.transpose()?,
                    status: status.map(|word| Status::parse(word).ok_or_else(bad)).transpose()?,
                    detail: row.try_get("detail")?,
                    completion_tokens: row.try_get("completion_tokens")?,
                })
            })
            .collect()
    }
}
