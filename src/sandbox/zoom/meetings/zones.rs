//! The names of zones that Zoom takes: its public list, written down once more so that a slip in the program's own list
//! shows.

use jiff::tz::TimeZone;

/// The account's zone: what Zoom falls back to without a word.
pub(super) const ACCOUNT: &str = "Europe/Berlin";

const TAKEN: &str = "
    Pacific/Midway Pacific/Pago_Pago Pacific/Apia Pacific/Honolulu Pacific/Port_Moresby Pacific/Noumea Pacific/Fiji
    Pacific/Auckland SST
    America/Anchorage America/Vancouver America/Los_Angeles America/Tijuana America/Edmonton America/Denver
    America/Phoenix America/Mazatlan America/Winnipeg America/Regina America/Chicago America/Mexico_City
    America/Guatemala America/El_Salvador America/Managua America/Costa_Rica America/Montreal America/New_York
    America/Indianapolis America/Panama America/Bogota America/Lima America/Halifax America/Puerto_Rico America/Caracas
    America/Santiago America/St_Johns America/Montevideo America/Araguaina America/Argentina/Buenos_Aires
    America/Godthab America/Sao_Paulo America/Tegucigalpa Canada/Atlantic Atlantic/Azores Atlantic/Cape_Verde
    Atlantic/Reykjavik UTC Etc/Greenwich CET
    Europe/Belgrade Europe/Dublin Europe/London Europe/Lisbon Europe/Oslo Europe/Copenhagen Europe/Brussels
    Europe/Berlin Europe/Helsinki Europe/Amsterdam Europe/Rome Europe/Stockholm Europe/Vienna Europe/Luxembourg
    Europe/Paris Europe/Zurich Europe/Madrid Europe/Warsaw Europe/Prague Europe/Budapest Europe/Sofia Europe/Istanbul
    Europe/Athens Europe/Bucharest Europe/Kiev Europe/Moscow
    Africa/Casablanca Africa/Nouakchott Africa/Bangui Africa/Algiers Africa/Tunis Africa/Harare Africa/Nairobi
    Africa/Tripoli Africa/Cairo Africa/Johannesburg Africa/Khartoum Africa/Djibouti Africa/Mogadishu
    Asia/Nicosia Asia/Beirut Asia/Damascus Asia/Jerusalem Asia/Amman Asia/Baghdad Asia/Kuwait Asia/Riyadh Asia/Bahrain
    Asia/Qatar Asia/Aden Asia/Tehran Asia/Dubai Asia/Muscat Asia/Baku Asia/Kabul Asia/Yekaterinburg Asia/Tashkent
    Asia/Calcutta Asia/Kolkata Asia/Kathmandu Asia/Novosibirsk Asia/Almaty Asia/Dacca Asia/Dhaka Asia/Krasnoyarsk
    Asia/Bangkok Asia/Saigon Asia/Jakarta Asia/Irkutsk Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Kuala_Lumpur
    Asia/Singapore Asia/Yakutsk Asia/Seoul Asia/Tokyo Asia/Vladivostok Asia/Magadan Asia/Kamchatka
    Australia/Perth Australia/Darwin Australia/Adelaide Australia/Brisbane Australia/Sydney Australia/Hobart";

/// The name as Zoom takes it: unknown ones become the account's.
pub(super) fn taken(name: &str) -> &str {
    if TAKEN.split_whitespace().any(|known| known == name) { name } else { ACCOUNT }
}

/// The clock of a zone that was taken.
pub(super) fn clock(name: &str) -> TimeZone {
    let name = if name == "SST" { "Pacific/Guadalcanal" } else { name };
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
