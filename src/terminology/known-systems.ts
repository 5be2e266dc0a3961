/** Code systems that are a grammar or a short public list, and need no CodeSystem: https://hl7.org/fhir/R4/terminologies-systems.html */
import type { Membership } from './terminology-service.js';

/** Whether a UCUM expression is valid; undefined when it cannot be told. */
export type UcumCheck = (code: string) => boolean | undefined;

export interface KnownSystem {
  check(code: string): Membership;
}

/** RFC 5646, 2.1: language-extlang-script-region-variants-extensions-privateuse, or private use alone. */
const LANGUAGE_TAG =
  /^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?|x(?:-[a-z\d]{1,8})+|i-[a-z]{2,8}|(?:sgn-(?:be-fr|be-nl|ch-de))|en-gb-oed|zh-min(?:-nan)?)$/i;

/** RFC 6838, 4.2, with the parameters of RFC 2045. */
const MIME_TYPE = /^[a-z\d][\w!#$&^.+-]{0,126}\/[a-z\d][\w!#$&^.+-]{0,126}(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$%&'*+./^`|~-]+|"[^"\\]*"))*$/i;
/** Short forms that R4 itself uses where it binds to MIME types: https://hl7.org/fhir/R4/http.html#mime-type */
const FORMAT_CODES: ReadonlySet<string> = new Set(['xml', 'json', 'ttl', 'none']);

const CURRENCIES: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP ' +
    'CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS ' +
    'INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK ' +
    'MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS ' +
    'SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAF XAG XAU XBA ' +
    'XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL'
  ).split(' '),
);

const COUNTRIES: ReadonlySet<string> = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI ' +
    'CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ ' +
    'GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS ' +
    'LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG ' +
    'PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK ' +
    'TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
  ).split(' '),
);

/** Two letters are a closed list; three letters and three digits are well-formed, and no list of them is at hand. */
function checkCountry(code: string): Membership {
  if (/^[A-Z]{2}$/.test(code)) return COUNTRIES.has(code) ? 'member' : 'not-member';
  return /^([A-Z]{3}|\d{3})$/.test(code) ? 'unknown' : 'not-member';
}

function isTimeZone(code: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: code }) !== undefined && /^[A-Z]/i.test(code);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function member(is: boolean): Membership {
  return is ? 'member' : 'not-member';
}

/** What is longer is no code of these systems, and more than their patterns can bear. */
function isShort(code: string): boolean {
  return code.length <= 1000;
}

export function createKnownSystems(ucum: UcumCheck | undefined): ReadonlyMap<string, KnownSystem> {
  const ucumSystem: KnownSystem = {
    check: (code) => {
      const isValid = ucum?.(code);
      return isValid === undefined ? 'unknown' : member(isValid);
    },
  };
  return new Map<string, KnownSystem>([
    ['urn:ietf:bcp:47', { check: (code) => member(isShort(code) && LANGUAGE_TAG.test(code)) }],
    ['urn:ietf:bcp:13', { check: (code) => member((isShort(code) && MIME_TYPE.test(code)) || FORMAT_CODES.has(code)) }],
    ['urn:iso:std:iso:4217', { check: (code) => member(CURRENCIES.has(code)) }],
    ['urn:iso:std:iso:3166', { check: checkCountry }],
    ['https://www.iana.org/time-zones', { check: (code) => member(isTimeZone(code)) }],
    ['http://unitsofmeasure.org', ucumSystem],
  ]);
}
