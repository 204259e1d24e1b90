use super::*;
use serde_json::json;

const MOST: ListLimits = ListLimits { items: 1_000, pages: 50, bytes: 1 << 20 };

/// Reads a list of numbered pages to its end; gives how many items it has and how many pages were asked for in each wave.
fn read(
    after: PagingStyle,
    size: Option<u64>,
    page: impl Fn(u64) -> (Vec<Json>, Json),
) -> Result<(usize, Vec<u64>), ListError> {
    let mut list = List::new(after, size, MOST);
    let (mut waves, mut pages) = (vec![1], 1..=1);
    loop {
        for number in pages {
            let (items, info) = page(number);
            list.take(items, &serde_json::from_value(info).unwrap(), 100)?;
        }
        pages = match list.next() {
            NextPages::End => return Ok((list.items.len(), waves)),
            NextPages::Cursor(_) => list.pages + 1..=list.pages + 1,
            NextPages::Pages(numbers) => {
                *numbers.start()..=(*numbers.end()).min(numbers.start() + list.together(64) - 1)
            }
        };
        waves.push(pages.end() - pages.start() + 1);
    }
}

/// A page of a list of so many items, `size` in each.
fn rows(total: u64, size: u64, page: u64) -> Vec<Json> {
    let last = (page * size).min(total);
    (((page - 1) * size).min(total)..last).map(|number| json!({ "id": format!("i{number}") })).collect()
}

/// Of a list of `real` items in pages of 20, which claims to have `told`.
fn told(real: u64, told: Json) -> (usize, Vec<u64>) {
    let page = |page| (rows(real, 20, page), json!({ "page": page, "per_page": 20, "total_count": told }));
    read(PagingStyle::Number, Some(1_000), page).unwrap()
}

#[test]
fn the_pages_of_a_known_total_go_together() {
    assert_eq!(told(45, json!(45)), (45, vec![1, 2]));
    assert_eq!(told(0, json!(0)), (0, vec![1]));
    assert_eq!(told(7, json!(7)), (7, vec![1]));
    // On the border the one after the last goes with them.
    assert_eq!(told(40, json!(40)), (40, vec![1, 2]));
    assert_eq!(told(20, json!(20)), (20, vec![1, 1]));
    assert_eq!(told(900, json!(900)), (900, vec![1, 45]));
}

#[test]
fn a_wrong_total_ends_nothing() {
    for wrong in [json!(0), json!(20), json!(25), json!(44), json!(46), json!(60), json!(99), json!(null)] {
        assert_eq!(told(45, wrong.clone()).0, 45, "{wrong}");
        assert_eq!(told(40, wrong.clone()).0, 40, "{wrong}");
    }
    for wrong in [json!(-1), json!(1.5), json!("45"), json!({})] {
        assert_eq!(told(45, wrong.clone()).0, 45, "{wrong}");
    }
    // A count of each page alone.
    let counted = |page| (rows(45, 20, page), json!({ "per_page": 20, "total_count": 20 }));
    assert_eq!(read(PagingStyle::Number, None, counted).unwrap(), (45, vec![1, 1, 1]));
    // So many that they are not believed: they would not be taken.
    let endless = |page| (rows(u64::MAX, 20, page), json!({ "per_page": 20, "total_count": u64::MAX }));
    assert_eq!(read(PagingStyle::Number, None, endless), Err(too_much()));
    // Where a page is not full, they are no reason.
    let short = |page| (rows(7, 20, page), json!({ "per_page": 20, "total_count": u64::MAX }));
    assert_eq!(read(PagingStyle::Number, None, short).unwrap().0, 7);
}

fn too_much() -> ListError {
    ListError::TooMuch("more than 1000 items or 50 pages".into())
}

fn again(page: u64) -> ListError {
    ListError::Contradiction(format!("page {page} of the list is an earlier page again"))
}

#[test]
fn what_comes_again_is_no_end() {
    let same = |_| (rows(45, 20, 1), json!({ "per_page": 20, "total_count": 45 }));
    assert_eq!(read(PagingStyle::Number, Some(20), same), Err(again(2)));
    let other = |page: u64| (rows(99, 20, page), json!({ "page": 1, "per_page": 20, "total_count": 99 }));
    assert_eq!(read(PagingStyle::Number, Some(20), other), Err(again(2)));
    // The same items in another order.
    let turned = |page: u64| {
        let mut rows = rows(45, 20, 1);
        rows.rotate_left(usize::try_from(page).unwrap());
        (rows, json!({ "per_page": 20, "total_count": 45 }))
    };
    assert_eq!(read(PagingStyle::Number, Some(20), turned), Err(again(2)));
    // A server that knows no pages has given all that it counts.
    let unpaged = |_| (rows(20, 20, 1), json!({ "page": 1, "per_page": 20, "total_count": 20 }));
    assert_eq!(read(PagingStyle::Number, Some(20), unpaged).unwrap(), (20, vec![1, 1]));
    let cursor = |page: u64| (rows(99, 20, page), json!({ "cursor": "c" }));
    let given = ListError::Contradiction("page 2 of the list gives an earlier cursor again".into());
    assert_eq!(read(PagingStyle::Cursor, None, cursor), Err(given));
}

#[test]
fn an_empty_page_between_others_is_no_end() {
    let gap = |page: u64| {
        let rows = if page == 2 { Vec::new() } else { rows(60, 20, page) };
        (rows, json!({ "page": page, "per_page": 20, "total_count": 60 }))
    };
    let told = ListError::Contradiction("page 2 of the list is empty, and page 3 is not".into());
    assert_eq!(read(PagingStyle::Number, Some(20), gap), Err(told));
}

#[test]
fn an_endless_list_has_an_end() {
    let numbered = |page| (rows(u64::MAX, 20, page), json!({ "per_page": 20 }));
    assert_eq!(read(PagingStyle::Number, Some(20), numbered), Err(too_much()));
    let empty = |page: u64| (Vec::new(), json!({ "cursor": page.to_string() }));
    assert_eq!(read(PagingStyle::Cursor, None, empty), Err(too_much()));
    let mut list = List::new(PagingStyle::Cursor, None, MOST);
    let info = |cursor: &str| serde_json::from_value(json!({ "cursor": cursor })).unwrap();
    assert_eq!(list.take(rows(9, 9, 1), &info("a"), 700 << 10), Ok(()));
    let large = ListError::TooMuch("more than 1 MiB".into());
    assert_eq!(list.take(rows(99, 9, 2), &info("b"), 700 << 10), Err(large));
}

#[test]
fn large_pages_do_not_go_together() {
    let mut list = List::new(PagingStyle::Number, Some(20), MOST);
    let info = serde_json::from_value(json!({ "per_page": 20, "total_count": 900 })).unwrap();
    list.take(rows(900, 20, 1), &info, 100 << 10).unwrap();
    assert_eq!((list.together(32), list.next()), (9, NextPages::Pages(2..=46)));
    let mut list = List::new(PagingStyle::Number, Some(20), MOST);
    list.take(rows(900, 20, 1), &info, 900 << 10).unwrap();
    assert_eq!(list.together(32), 1);
}

#[test]
fn an_item_that_moved_is_there_once_and_two_of_one_id_are_both_there() {
    let moved = |page: u64| {
        let rows = if page == 1 {
            rows(30, 20, 1)
        } else {
            rows(30, 10, 3).into_iter().chain(rows(20, 20, 1)).take(11).collect()
        };
        (rows, json!({ "per_page": 20, "total_count": 31 }))
    };
    assert_eq!(read(PagingStyle::Number, Some(20), moved).unwrap().0, 30);
    let twins = |_| (vec![json!({"id": "1", "name": "a"}), json!({"id": "1", "name": "b"})], json!({}));
    assert_eq!(read(PagingStyle::Number, Some(20), twins).unwrap().0, 2);
    let plain = |_| (vec![json!(1), json!(2), json!(2)], json!({ "total_count": 3 }));
    assert_eq!(read(PagingStyle::Number, None, plain).unwrap().0, 3);
}
