/** Code systems that are a grammar or a short public list, and need no CodeSystem: https://hl7.org/fhir/R4/terminologies-systems.html */
import type { Membership } from './terminology-service.js';

/** Whether a UCUM expression is valid; undefined when it cannot be told. */
export type UcumCheck = (code: string) => boolean | undefined;

export interface KnownSystem {
  check(code: string): Membership;
  /** All its codes, where they can be counted and are at hand. */
  readonly codes?: ReadonlySet<string>;
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

const COUNTRIES_BY_THREE_LETTERS: ReadonlySet<string> = new Set(
  (
    'ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL BRA ' +
    'BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU ' +
    'EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND ' +
    'HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO ' +
    'LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC ' +
    'NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS SHN SJM ' +
    'SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA ' +
    'UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE'
  ).split(' '),
);

const COUNTRIES_BY_NUMBER: ReadonlySet<string> = new Set(
  (
    '004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070 072 074 076 084 086 090 092 096 100 104 108 ' +
    '112 116 120 124 132 136 140 144 148 152 156 158 162 166 170 174 175 178 180 184 188 191 192 196 203 204 208 212 214 218 222 226 231 ' +
    '232 233 234 238 239 242 246 248 250 254 258 260 262 266 268 270 275 276 288 292 296 300 304 308 312 316 320 324 328 332 334 336 340 ' +
    '344 348 352 356 360 364 368 372 376 380 384 388 392 398 400 404 408 410 414 417 418 422 426 428 430 434 438 440 442 446 450 454 458 ' +
    '462 466 470 474 478 480 484 492 496 498 499 500 504 508 512 516 520 524 528 531 533 534 535 540 548 554 558 562 566 570 574 578 580 ' +
    '581 583 584 585 586 591 598 600 604 608 612 616 620 624 626 630 634 638 642 643 646 652 654 659 660 662 663 666 670 674 678 682 686 ' +
    '688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752 756 760 762 764 768 772 776 780 784 788 792 795 796 798 800 ' +
    '804 807 818 826 831 832 833 834 840 850 854 858 860 862 876 882 887 894'
  ).split(' '),
);

function isCountry(code: string): boolean {
  return COUNTRIES.has(code) || COUNTRIES_BY_THREE_LETTERS.has(code) || COUNTRIES_BY_NUMBER.has(code);
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
    ['urn:iso:std:iso:4217', { check: (code) => member(CURRENCIES.has(code)), codes: CURRENCIES }],
    ['urn:iso:std:iso:3166', { check: (code) => member(isCountry(code)) }],
    ['https://www.iana.org/time-zones', { check: (code) => member(isTimeZone(code)) }],
    ['http://unitsofmeasure.org', ucumSystem],
  ]);
}
