//! The households whose phones the demo shows.

use service::houses::HouseRecords;

/// A household with a phone.
#[derive(Debug, Clone)]
pub struct Household {
    /// The house's number.
    pub house: String,
    /// The owner's mobile number, as the books have it.
    pub phone: String,
    /// What the demo says of them.
    pub note: &'static str,
    /// Follows the service account, so template messages reach them.
    pub follows: bool,
}

/// What is shown of each, in order.
const PARTS: [(&str, bool); 4] = [
    ("关注了服务号：收到通知后点开缴费", true),
    ("关注了服务号：一直没看消息，逾期后改发短信", true),
    ("关注了服务号：自己先缴清，之后不再打扰", true),
    ("没有关注服务号：直接收到短信", false),
];

/// The first households of the workbook whose owner is one person with a mobile number and whose house can be billed.
pub fn pick(records: &HouseRecords) -> Vec<Household> {
    let mut seen: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for house in &records.houses {
        let Some((note, follows)) = PARTS.get(found.len()).copied() else { break };
        let [owner] = house.owners.as_slice() else { continue };
        let Some(person) = records.persons.get(*owner) else { continue };
        let billable = house.area_centi > 0 && house.unit_price_e4.is_some() && house.occupancy == "occupied";
        let Some(phone) = person.phones.iter().find(|phone| phone.is_mobile()) else { continue };
        let houses_of_owner = records.houses.iter().filter(|other| other.owners.contains(owner)).count();
        if person.organisation || !billable || houses_of_owner != 1 || seen.iter().any(|s| s == phone.expose()) {
            continue;
        }
        seen.push(phone.expose().to_owned());
        found.push(Household { house: house.key.clone(), phone: phone.expose().to_owned(), note, follows });
    }
    found
}
