//! Ids as one parameter. A list of `$1, $2 …` is parsed anew for every length, and the SQLite driver looks each of its
//! names up from the front.

use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::Tx;

/// Bytes of a UUID.
const UUID_BYTES: usize = 16;
/// Characters of a UUID in an array literal, with its comma.
const UUID_TEXT_BYTES: usize = 37;

impl Tx {
    /// `IN (…)`, where `$number` is bound to [`Self::listed`]: `format!("WHERE id {}", tx.among(1))`.
    #[must_use]
    pub fn among(&self, number: usize) -> String {
        if self.is_postgres() {
            return format!("= ANY (CAST(CAST(${number} AS TEXT) AS UUID[]))");
        }
        format!(
            "IN (WITH RECURSIVE n (o) AS (SELECT 1 WHERE length(${number}) > 0 UNION ALL \
             SELECT o + {UUID_BYTES} FROM n WHERE o + {UUID_BYTES} <= length(${number})) \
             SELECT substr(${number}, o, {UUID_BYTES}) FROM n)"
        )
    }

    /// Ids for [`Self::among`].
    #[must_use]
    pub fn listed(&self, ids: &[Uuid]) -> Value {
        if !self.is_postgres() {
            let mut bytes = Vec::with_capacity(ids.len() * UUID_BYTES);
            ids.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
            return bytes.into();
        }
        let mut text = String::with_capacity(ids.len() * UUID_TEXT_BYTES + 2);
        text.push('{');
        for (place, id) in ids.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        }
        text.push('}');
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[tokio::test]
    async fn a_list_finds_its_ids_and_an_empty_one_nothing() {
        let fixture = fixture::project().await;
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let found = fixture
            .db
            .transact("test.listed", async |tx| {
                for id in &ids {
                    let sql = "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) \
                               VALUES ($1, 'person', $2, $2, 0)";
                    tx.execute(sql, vec![(*id).into(), vec![1_u8].into()]).await?;
                }
                let sql = format!("UPDATE party SET created_at_ms = created_at_ms + $2 WHERE id {}", tx.among(1));
                let mut changed = Vec::new();
                for wanted in [&ids[..2], &ids[2..], &ids[..0], &[Uuid::now_v7()][..]] {
                    changed.push(tx.execute(&sql, vec![tx.listed(wanted), 1_i64.into()]).await?);
                }
                let sum: Option<i64> = tx.value("SELECT CAST(SUM(created_at_ms) AS BIGINT) FROM party", vec![]).await?;
                Ok::<_, crate::store::StoreError>((changed, sum))
            })
            .await
            .unwrap();
        assert_eq!(found, (vec![2, 1, 0, 0], Some(3)));
    }
}
