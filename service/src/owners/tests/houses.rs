//! Whose houses: by phone, by name, by the staff's decision.

use chrono::TimeDelta;
use domain::applied::Applied;

use super::*;

#[tokio::test]
async fn a_phone_binds_every_house_where_the_books_know_it() {
    let f = story().await;
    let (owned, owner) = house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (let_out, _) = house(&f.db, "2-S05", "lessee", "张三", Some(PHONE)).await;
    house(&f.db, "1-1-102", "owner", "李四", Some("13900005678")).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    let recorded = give_phone(&f, &visit, PHONE).await;
    assert_eq!(recorded.person_id, visit.person_id);
    assert_eq!(recorded.bound, AutoBound { houses: 2, unreachable: vec![] });
    let mut expected = vec![owned, let_out];
    expected.sort();
    assert_eq!(houses_of(&f, visit.person_id).await, expected);

    let again = give_phone(&f, &visit, PHONE).await;
    assert_eq!(again.bound.houses, 0);
    assert_eq!(audited(&f, "binding.by_phone").await, 1);
    let people = people_of_houses(&f.control, f.project_id, &[owned, let_out, HouseId::new()]).await.unwrap();
    assert_eq!(people.len(), 2);
    let bound = HousePerson { person_id: visit.person_id, party_id: Some(owner), role: BindingRole::Owner };
    assert_eq!(people[&owned], [bound]);
    let (back, _) = arrive(&f, "o1", None).await;
    let signed = record_sign_in(&f.control, APP, "o1", None, f.clock.now()).await.unwrap();
    assert!(signed.has_phone);
    assert_eq!(back.person_id, visit.person_id);
}

#[tokio::test]
async fn the_same_phone_from_another_openid_merges_into_the_one_who_holds_it() {
    let f = story().await;
    house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (other_house, _) = house(&f.db, "1-1-102", "owner", "张三", Some("13900005678")).await;
    let (holder, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &holder, PHONE).await;
    pending(claim(&f, holder.person_id, "1-1-102", "张三", None).await.unwrap());

    let (newcomer, token) = arrive(&f, "o2", Some("u2")).await;
    let claimed = claim(&f, newcomer.person_id, "1-1-102", "张三", Some("5678")).await.unwrap();
    assert!(matches!(claimed, Claimed::Active(_)));
    let recorded = give_phone(&f, &newcomer, PHONE).await;
    assert_eq!(recorded.person_id, holder.person_id);
    assert_eq!(recorded.merged_from, Some(newcomer.person_id));

    let moved = session(&f.control, &token, f.clock.now()).await.unwrap().unwrap();
    assert_eq!(moved.person_id, holder.person_id);
    let (again, _) = arrive(&f, "o2", None).await;
    assert_eq!(again.person_id, holder.person_id);
    assert_eq!(houses_of(&f, holder.person_id).await.len(), 2);
    assert!(houses_of(&f, holder.person_id).await.contains(&other_house), "the active one of two bindings stays");
    assert!(houses_of(&f, newcomer.person_id).await.is_empty());
    assert_eq!(audited(&f, "person.merge").await, 1);
    let known = wechat_identities(&f.control, &[holder.person_id], APP).await.unwrap();
    assert_eq!(known.len(), 2);
}

#[tokio::test]
async fn a_claim_is_active_only_when_name_and_phone_are_one_partys() {
    let f = story().await;
    let (mine, _) = house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    let person = visit.person_id;
    let first = pending(claim(&f, person, "1栋1单元101", "李四", Some("1234")).await.unwrap());
    assert_eq!(pending(claim(&f, person, "1-1-101", "张三", None).await.unwrap()), first);
    assert_eq!(pending(claim(&f, person, "101", "张三", Some("9999")).await.unwrap()), first);
    assert!(matches!(require_house(&f.control, person, f.project_id, mine).await, Err(OwnerError::NotFound)));
    assert_eq!(claim(&f, person, "1栋101", " 张 三", Some("1234")).await.unwrap(), Claimed::Active(first));
    require_house(&f.control, person, f.project_id, mine).await.unwrap();
    assert_eq!(claim(&f, person, "101", "任何人", None).await.unwrap(), Claimed::Active(first));
}

#[tokio::test]
async fn the_phone_wechat_vouched_for_is_as_good_as_its_last_digits() {
    let f = story().await;
    let (visit, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &visit, PHONE).await;
    house(&f.db, "3-301", "lessee", "王五", Some(PHONE)).await;
    let claimed = claim(&f, visit.person_id, "3-301", "王五", None).await.unwrap();
    assert!(matches!(claimed, Claimed::Active(_)));
}

#[tokio::test]
async fn an_unknown_or_doubtful_house_is_refused_with_words() {
    let f = story().await;
    house(&f.db, "1-1-101", "owner", "张三", None).await;
    house(&f.db, "1-2-101", "owner", "李四", None).await;
    house(&f.db, "2-101", "owner", "王五", None).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    let person = visit.person_id;
    assert!(matches!(claim(&f, person, "9栋901", "张三", None).await, Err(OwnerError::HouseNotFound)));
    assert!(matches!(claim(&f, person, "101", "张三", None).await, Err(OwnerError::HouseAmbiguous)));
    assert!(matches!(claim(&f, person, "1栋101", "张三", None).await, Err(OwnerError::HouseAmbiguous)));
    assert!(matches!(claim(&f, person, "101", " ", None).await, Err(OwnerError::BadName)));
    assert!(matches!(claim(&f, person, "101", "张三", Some("12a4")).await, Err(OwnerError::BadPhoneTail)));
    pending(claim(&f, person, "2栋101", "张三", None).await.unwrap());
}

#[tokio::test]
async fn ten_claims_a_day_are_counted_even_when_no_house_is_found() {
    let f = story().await;
    house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    for _ in 0..10 {
        assert!(matches!(claim(&f, visit.person_id, "9-901", "张三", None).await, Err(OwnerError::HouseNotFound)));
    }
    let right = || claim(&f, visit.person_id, "101", "张三", Some("1234"));
    assert!(matches!(right().await, Err(OwnerError::TooManyClaims)));
    f.clock.advance_ms(TimeDelta::days(1).num_milliseconds());
    assert!(matches!(right().await, Ok(Claimed::Active(_))));
}

#[tokio::test]
async fn a_sixth_pending_claim_waits_for_the_staff() {
    let f = story().await;
    let (visit, _) = arrive(&f, "o1", None).await;
    for room in 101..=106 {
        house(&f.db, &format!("1-{room}"), "owner", "张三", None).await;
    }
    for room in 101..=105 {
        pending(claim(&f, visit.person_id, &room.to_string(), "张三", None).await.unwrap());
    }
    assert!(matches!(claim(&f, visit.person_id, "106", "张三", None).await, Err(OwnerError::TooManyPending)));
}

#[tokio::test]
async fn the_staff_see_masked_claims_and_decide_each_once() {
    let f = story().await;
    let (wanted, party) = house(&f.db, "1-1-101", "owner", "欧阳小明", None).await;
    house(&f.db, "1-1-102", "owner", "李四", None).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &visit, PHONE).await;
    let first = pending(claim(&f, visit.person_id, "101", "欧阳小明", None).await.unwrap());
    f.clock.advance_ms(1_000);
    let second = pending(claim(&f, visit.person_id, "102", "王五", None).await.unwrap());

    let rows = pending_bindings(&f.control, &f.db, None, 1).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].id, rows[0].house.as_deref()), (first.uuid(), Some("1-1-101")));
    assert_eq!(rows[0].claimed_name.as_deref(), Some("欧阳**"));
    assert_eq!(rows[0].recorded_names, ["欧阳**"]);
    assert_eq!(rows[0].phone.as_deref(), Some("138****1234"));
    assert!(rows[0].name_matches);
    let rest = pending_bindings(&f.control, &f.db, Some(rows[0].cursor), 50).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert!(!rest[0].name_matches);

    let now = f.clock.now();
    let decide =
        async |id, decision, reason| decide_binding(&f.control, &f.db, id, &steward(), decision, reason, now).await;
    assert_eq!(decide(first, Decision::Approve, None).await.unwrap(), Applied::Done(BindingState::Active));
    assert_eq!(decide(first, Decision::Approve, None).await.unwrap(), Applied::Already(BindingState::Active));
    assert!(matches!(decide(first, Decision::Refuse, Some("x")).await, Err(OwnerError::AlreadyDecided)));
    assert!(matches!(decide(second, Decision::Refuse, Some(" ")).await, Err(OwnerError::ReasonRequired)));
    assert!(decide(second, Decision::Refuse, Some("姓名与登记不符")).await.unwrap().is_done());
    assert!(matches!(decide(BindingId::new(), Decision::Approve, None).await, Err(OwnerError::NotFound)));
    let people = people_of_houses(&f.control, f.project_id, &[wanted]).await.unwrap();
    assert_eq!((people[&wanted][0].party_id, people[&wanted][0].role), (Some(party), BindingRole::Owner));
    assert_eq!((audited(&f, "binding.approve").await, audited(&f, "binding.refuse").await), (1, 1));
    assert_eq!(count(&f, "SELECT COUNT(*) FROM house_binding WHERE claimed_name_sealed IS NOT NULL").await, 0);

    let mine = bindings(&f.control, &f.projects, visit.person_id).await.unwrap();
    let words: Vec<_> = mine.iter().map(|b| (b.house.as_deref().unwrap(), b.words.as_str())).collect();
    assert_eq!(words, [("1-1-102", "未通过：姓名与登记不符"), ("1-1-101", "已绑定")]);
}

#[tokio::test]
async fn an_approved_name_the_books_do_not_know_is_family() {
    let f = story().await;
    let (home, _) = house(&f.db, "1-1-101", "owner", "张三", Some("13900005678")).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    let id = pending(claim(&f, visit.person_id, "101", "张小妹", None).await.unwrap());
    let done = decide_binding(&f.control, &f.db, id, &steward(), Decision::Approve, None, f.clock.now()).await;
    assert!(done.unwrap().is_done());
    let people = people_of_houses(&f.control, f.project_id, &[home]).await.unwrap();
    assert_eq!((people[&home][0].party_id, people[&home][0].role), (None, BindingRole::Family));
}

#[tokio::test]
async fn whom_the_staff_put_out_neither_phone_nor_name_lets_in_again() {
    let f = story().await;
    let (home, _) = house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &visit, PHONE).await;
    let id = BindingId(bindings(&f.control, &f.projects, visit.person_id).await.unwrap()[0].id);
    let now = f.clock.now();
    let end = async |by: &By| end_binding(&f.control, f.project_id, id, by, "房屋已转让", now).await;
    assert_eq!(end(&steward()).await.unwrap(), Applied::Done(()));
    assert_eq!(end(&steward()).await.unwrap(), Applied::Already(()));
    let elsewhere = domain::ids::ProjectId::new();
    let foreign = end_binding(&f.control, elsewhere, id, &steward(), "x", now).await;
    assert!(matches!(foreign, Err(OwnerError::NotFound)));
    assert!(require_house(&f.control, visit.person_id, f.project_id, home).await.is_err());
    assert_eq!(give_phone(&f, &visit, PHONE).await.bound.houses, 0);
    pending(claim(&f, visit.person_id, "101", "张三", None).await.unwrap());
    assert_eq!(audited(&f, "binding.end").await, 1);
}

#[tokio::test]
async fn an_owner_gives_up_only_their_own_house() {
    let f = story().await;
    house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (visit, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &visit, PHONE).await;
    let (stranger, _) = arrive(&f, "o2", None).await;
    let id = BindingId(bindings(&f.control, &f.projects, visit.person_id).await.unwrap()[0].id);
    let theft = end_own_binding(&f.control, stranger.person_id, id, f.clock.now()).await;
    assert!(matches!(theft, Err(OwnerError::NotFound)));
    assert!(end_own_binding(&f.control, visit.person_id, id, f.clock.now()).await.unwrap().is_done());
    assert!(houses_of(&f, visit.person_id).await.is_empty());
    assert_eq!(give_phone(&f, &visit, PHONE).await.bound.houses, 1, "they may come back");
}

#[tokio::test]
async fn a_project_that_cannot_be_opened_keeps_no_house_of_the_others_away() {
    let f = story().await;
    house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let folder = tempfile::tempdir().unwrap();
    let now_ms = f.clock.now_ms();
    let broken = Box::pin(fixture::add_project(&f.projects, &folder, f.company_id, "aa", now_ms)).await;
    let nowhere = f.control.sealer().seal("project.placement", "sqlite:/nowhere/at-all.db").unwrap();
    f.control
        .transact("test.break", async |tx| {
            tx.execute(
                "UPDATE project SET placement_sealed = $1 WHERE id = $2",
                vec![nowhere.into(), broken.uuid().into()],
            )
            .await
        })
        .await
        .unwrap();
    let (visit, _) = arrive(&f, "o1", None).await;
    let recorded = give_phone(&f, &visit, PHONE).await;
    assert_eq!(recorded.bound, AutoBound { houses: 1, unreachable: vec![broken] });
}
