use super::*;
use crate::fixture;

const COLUMNS: [Column; 5] = [
    column("id", Kind::Uuid),
    column("kind", Kind::Text),
    column("name_sealed", Kind::Bytes),
    column("id_no_sealed", Kind::Bytes),
    column("created_at_ms", Kind::Int),
];

#[derive(Debug, PartialEq, sea_orm::FromQueryResult)]
struct Row {
    id: Uuid,
    kind: String,
    name_sealed: Vec<u8>,
    name_hash: Vec<u8>,
    id_no_sealed: Option<Vec<u8>>,
    created_at_ms: i64,
}

fn into() -> Target<'static, 5> {
    Target {
        table: "party",
        columns: &COLUMNS,
        shared: vec![(column("name_hash", Kind::Bytes), vec![7_u8, 0, 7].into())],
        tail: "ON CONFLICT (id) DO NOTHING",
    }
}

#[tokio::test]
async fn what_goes_in_comes_out_and_conflicts_follow_the_tail() {
    let fixture = fixture::project().await;
    let rows: Vec<Row> = [(b"\\\"{,}".to_vec(), None, i64::MIN), (vec![], Some(vec![0, 255]), 7)]
        .into_iter()
        .map(|(name_sealed, id_no_sealed, created_at_ms)| Row {
            id: Uuid::now_v7(),
            kind: "person".to_owned(),
            name_sealed,
            name_hash: vec![7, 0, 7],
            id_no_sealed,
            created_at_ms,
        })
        .collect();
    let back: Vec<Row> = fixture
        .db
        .transact("test.bulk", async |tx| {
            for expected in [2, 0] {
                let packed = rows.iter().map(|row| {
                    [
                        Cell::Uuid(row.id),
                        Cell::Text(&row.kind),
                        Cell::Bytes(&row.name_sealed),
                        row.id_no_sealed.as_deref().into(),
                        Cell::Int(row.created_at_ms),
                    ]
                });
                assert_eq!(insert(tx, &into(), packed).await?, expected);
            }
            tx.rows("SELECT * FROM party ORDER BY created_at_ms", vec![]).await
        })
        .await
        .unwrap();
    assert_eq!(back, rows);
}

#[tokio::test]
async fn texts_keep_quotes_backslashes_chinese_and_emptiness() {
    let fixture = fixture::project().await;
    let texts = ["", "NULL", "a\"b\\c,{}", "一栋 1 单元\n', $1"];
    let columns = [column("house_key", Kind::Text), column("id", Kind::Uuid), column("floor", Kind::Text)];
    let fixed = |name, value: &str| (column(name, Kind::Text), Value::from(value));
    let into = Target {
        table: "house",
        columns: &columns,
        shared: vec![
            fixed("building", "1"),
            fixed("room", "101"),
            fixed("kind", "residence"),
            fixed("occupancy", "unknown"),
            (column("area_centi", Kind::Int), 0_i64.into()),
            (column("created_at_ms", Kind::Int), 0_i64.into()),
            (column("updated_at_ms", Kind::Int), 0_i64.into()),
        ],
        tail: "",
    };
    let back: Vec<(String, Option<String>)> = fixture
        .db
        .transact("test.bulk", async |tx| {
            let rows = texts.iter().map(|t| [Cell::Text(t), Cell::Uuid(Uuid::now_v7()), Cell::Null]);
            insert(tx, &into, rows).await?;
            #[derive(sea_orm::FromQueryResult)]
            struct Key {
                house_key: String,
                floor: Option<String>,
            }
            let rows: Vec<Key> = tx.rows("SELECT house_key, floor FROM house ORDER BY id", vec![]).await?;
            Ok::<_, StoreError>(rows.into_iter().map(|r| (r.house_key, r.floor)).collect())
        })
        .await
        .unwrap();
    assert_eq!(back, texts.map(|t| (t.to_owned(), None)));
}

#[tokio::test]
async fn a_cell_of_another_kind_is_refused() {
    let fixture = fixture::project().await;
    let answer = fixture
        .db
        .transact("test.bulk", async |tx| {
            let row = [Cell::Int(1), Cell::Null, Cell::Null, Cell::Null, Cell::Null];
            insert(tx, &into(), [row]).await
        })
        .await;
    assert!(matches!(answer, Err(StoreError::BadRow { .. })));
}

#[tokio::test]
async fn a_statement_reads_rows_as_a_table_whatever_values_it_has_of_its_own() {
    #[derive(Debug, Clone, PartialEq, sea_orm::FromQueryResult)]
    struct Changed {
        id: Uuid,
        created_at_ms: i64,
    }
    let fixture = fixture::project().await;
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let columns = [column("v_id", Kind::Uuid), column("v_at_ms", Kind::Int), column("v_kind", Kind::Text)];
    let (count, mut changed) = fixture
        .db
        .transact("test.bulk", async |tx| {
            let all = ids
                .iter()
                .map(|id| [Cell::Uuid(*id), Cell::Text("person"), Cell::Bytes(b"n"), Cell::Null, Cell::Int(1)]);
            insert(tx, &into(), all).await?;
            let mut over = Over {
                table: "party",
                columns: &columns,
                values: vec![5_i64.into(), "organisation".into()],
                sql: "UPDATE party SET created_at_ms = COALESCE(v_at_ms, created_at_ms) + $1, kind = v_kind FROM v \
                      WHERE id = v_id AND v_kind <> $2",
            };
            let row = |place: usize, at_ms: Cell<'static>, kind: &'static str| {
                [Cell::Uuid(ids[place]), at_ms, Cell::Text(kind)]
            };
            let rows_of = || {
                [row(0, Cell::Int(-9), "person"), row(1, Cell::Null, "person"), row(2, Cell::Int(0), "organisation")]
            };
            let count = execute(tx, &over, rows_of()).await?;
            let sql = format!("{} RETURNING id, created_at_ms", over.sql);
            over.sql = &sql;
            Ok::<_, StoreError>((count, rows::<Changed, 3>(tx, &over, rows_of()).await?))
        })
        .await
        .unwrap();
    changed.sort_by_key(|row| row.id);
    let expected = [(0, -4), (1, 11)].map(|(place, created_at_ms)| Changed { id: ids[place], created_at_ms });
    assert_eq!((count, changed), (2, expected.to_vec()));
}
