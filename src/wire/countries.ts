/**
 * ISO 3166-1: alpha-2, alpha-3, then the English names in use (CLDR's, ISO's, usual aliases), as `nameKey` writes them.
 * XK is user-assigned, and what every geolocation database says for Kosovo.
 */
const table = `
AD: andorra, principality of andorra
AE: are, united arab emirates, uae, emirates
AF: afg, afghanistan, islamic republic of afghanistan
AG: atg, antigua barbuda
AI: aia, anguilla
AL: alb, albania, republic of albania
AM: arm, armenia, republic of armenia
AO: ago, angola, republic of angola
AQ: ata, antarctica, antarctica territory south of 60 deg s
AR: arg, argentina, argentine republic
AS: asm, american samoa
AT: aut, austria, osterreich, republic of austria
AU: aus, australia
AW: abw, aruba
AX: ala, aland islands
AZ: aze, azerbaijan, republic of azerbaijan
BA: bih, bosnia herzegovina, bosnia, republic of bosnia herzegovina
BB: brb, barbados
BD: bgd, bangladesh, peoples republic of bangladesh
BE: bel, belgium, kingdom of belgium
BF: bfa, burkina faso
BG: bgr, bulgaria, republic of bulgaria
BH: bhr, bahrain, kingdom of bahrain
BI: bdi, burundi, republic of burundi
BJ: ben, benin, republic of benin
BL: blm, st barthelemy
BM: bmu, bermuda
BN: brn, brunei, brunei darussalam
BO: bol, bolivia, bolivia plurinational state of, plurinational state of bolivia
BQ: bes, caribbean netherlands, bonaire sint eustatius saba, sint eustatius saba bonaire, bonaire
BR: bra, brazil, brasil, federative republic of brazil
BS: bhs, bahamas, commonwealth of bahamas
BT: btn, bhutan, kingdom of bhutan
BV: bvt, bouvet island, bouvet island bouvetoya
BW: bwa, botswana, republic of botswana
BY: blr, belarus, republic of belarus
BZ: blz, belize
CA: can, canada
CC: cck, cocos keeling islands
CD: cod, congo kinshasa, congo democratic republic of, democratic republic of congo, dr congo, drc, congo democratic republic, zaire
CF: caf, central african republic, car
CG: cog, congo brazzaville, congo, republic of congo
CH: che, switzerland, schweiz, swiss confederation
CI: civ, cote divoire, ivory coast, cote d ivoire, republic of cote divoire
CK: cok, cook islands
CL: chl, chile, republic of chile
CM: cmr, cameroon, republic of cameroon
CN: chn, china, mainland china, prc, peoples republic of china
CO: col, colombia, republic of colombia
CR: cri, costa rica, republic of costa rica
CU: cub, cuba, republic of cuba
CV: cpv, cape verde, cabo verde, republic of cabo verde
CW: cuw, curacao, netherlands antilles
CX: cxr, christmas island
CY: cyp, cyprus, republic of cyprus
CZ: cze, czechia, czech republic
DE: deu, germany, deutschland, federal republic of germany
DJ: dji, djibouti, republic of djibouti
DK: dnk, denmark, kingdom of denmark
DM: dma, dominica, commonwealth of dominica
DO: dom, dominican republic, dominican rep
DZ: dza, algeria, peoples democratic republic of algeria
EC: ecu, ecuador, republic of ecuador
EE: est, estonia, republic of estonia
EG: egy, egypt, arab republic of egypt
EH: esh, western sahara
ER: eri, eritrea, state of eritrea
ES: esp, spain, espana, kingdom of spain
ET: eth, ethiopia, federal democratic republic of ethiopia
FI: fin, finland, republic of finland
FJ: fji, fiji, republic of fiji
FK: flk, falkland islands, falkland islands malvinas, malvinas
FM: fsm, micronesia, micronesia federated states of, federated states of micronesia
FO: fro, faroe islands
FR: fra, france, french republic
GA: gab, gabon, gabonese republic
GB: gbr, united kingdom, uk, great britain, britain, england, scotland, wales, northern ireland, united kingdom of great britain northern ireland
GD: grd, grenada
GE: geo, georgia
GF: guf, french guiana
GG: ggy, guernsey
GH: gha, ghana, republic of ghana
GI: gib, gibraltar
GL: grl, greenland
GM: gmb, gambia, republic of gambia
GN: gin, guinea, republic of guinea
GP: glp, guadeloupe
GQ: gnq, equatorial guinea, republic of equatorial guinea
GR: grc, greece, hellenic republic
GS: sgs, south georgia south sandwich islands
GT: gtm, guatemala, republic of guatemala
GU: gum, guam
GW: gnb, guinea bissau, republic of guinea bissau
GY: guy, guyana, republic of guyana
HK: hkg, hong kong sar china, hong kong, hong kong special administrative region of china
HM: hmd, heard mcdonald islands, heard island mcdonald islands
HN: hnd, honduras, republic of honduras
HR: hrv, croatia, republic of croatia
HT: hti, haiti, republic of haiti
HU: hun, hungary
ID: idn, indonesia, republic of indonesia
IE: irl, ireland, republic of ireland, eire
IL: isr, israel, state of israel
IM: imn, isle of man
IN: ind, india, republic of india
IO: iot, british indian ocean territory, british indian ocean territory chagos archipelago, chagos islands
IQ: irq, iraq, republic of iraq
IR: irn, iran, iran islamic republic of, islamic republic of iran, persia
IS: isl, iceland, republic of iceland
IT: ita, italy, italia, italian republic
JE: jey, jersey
JM: jam, jamaica
JO: jor, jordan, hashemite kingdom of jordan
JP: jpn, japan
KE: ken, kenya, republic of kenya
KG: kgz, kyrgyzstan, kyrgyz republic
KH: khm, cambodia, kingdom of cambodia
KI: kir, kiribati, republic of kiribati
KM: com, comoros, union of comoros
KN: kna, st kitts nevis
KP: prk, north korea, korea democratic peoples republic of, democratic peoples republic of korea, dpr korea
KR: kor, south korea, korea republic of, republic of korea, korea
KW: kwt, kuwait, state of kuwait
KY: cym, cayman islands
KZ: kaz, kazakhstan, republic of kazakhstan
LA: lao, laos, lao peoples democratic republic
LB: lbn, lebanon, lebanese republic
LC: lca, st lucia
LI: lie, liechtenstein, principality of liechtenstein
LK: lka, sri lanka, democratic socialist republic of sri lanka
LR: lbr, liberia, republic of liberia
LS: lso, lesotho, kingdom of lesotho
LT: ltu, lithuania, republic of lithuania
LU: lux, luxembourg, grand duchy of luxembourg
LV: lva, latvia, republic of latvia
LY: lby, libya, libyan arab jamahiriya
MA: mar, morocco, kingdom of morocco
MC: mco, monaco, principality of monaco
MD: mda, moldova, moldova republic of, republic of moldova
ME: mne, montenegro
MF: maf, st martin, st martin french part
MG: mdg, madagascar, republic of madagascar
MH: mhl, marshall islands, republic of marshall islands
MK: mkd, north macedonia, macedonia, former yugoslav republic of macedonia, republic of north macedonia
ML: mli, mali, republic of mali
MM: mmr, myanmar burma, myanmar, burma, republic of myanmar
MN: mng, mongolia
MO: mac, macao sar china, macao, macau, macao special administrative region of china
MP: mnp, northern mariana islands, commonwealth of northern mariana islands
MQ: mtq, martinique
MR: mrt, mauritania, islamic republic of mauritania
MS: msr, montserrat
MT: mlt, malta, republic of malta
MU: mus, mauritius, republic of mauritius
MV: mdv, maldives, republic of maldives
MW: mwi, malawi, republic of malawi
MX: mex, mexico, united mexican states
MY: mys, malaysia
MZ: moz, mozambique, republic of mozambique
NA: nam, namibia, republic of namibia
NC: ncl, new caledonia
NE: ner, niger, republic of niger
NF: nfk, norfolk island
NG: nga, nigeria, federal republic of nigeria
NI: nic, nicaragua, republic of nicaragua
NL: nld, netherlands, holland, kingdom of netherlands
NO: nor, norway, kingdom of norway
NP: npl, nepal, federal democratic republic of nepal
NR: nru, nauru, republic of nauru
NU: niu, niue
NZ: nzl, new zealand, aotearoa
OM: omn, oman, sultanate of oman
PA: pan, panama, republic of panama
PE: per, peru, republic of peru
PF: pyf, french polynesia
PG: png, papua new guinea, independent state of papua new guinea
PH: phl, philippines, republic of philippines
PK: pak, pakistan, islamic republic of pakistan
PL: pol, poland, republic of poland
PM: spm, st pierre miquelon
PN: pcn, pitcairn islands, pitcairn
PR: pri, puerto rico
PS: pse, palestinian territories, palestine state of, state of palestine, palestine, palestinian territory, occupied palestinian territory
PT: prt, portugal, portuguese republic
PW: plw, palau, republic of palau
PY: pry, paraguay, republic of paraguay
QA: qat, qatar, state of qatar
RE: reu, reunion
RO: rou, romania
RS: srb, serbia, republic of serbia
RU: rus, russia, russian federation
RW: rwa, rwanda, rwandese republic
SA: sau, saudi arabia, kingdom of saudi arabia
SB: slb, solomon islands
SC: syc, seychelles, republic of seychelles
SD: sdn, sudan, republic of sudan
SE: swe, sweden, kingdom of sweden
SG: sgp, singapore, republic of singapore
SH: shn, st helena, st helena ascension tristan da cunha, ascension tristan da cunha st helena
SI: svn, slovenia, republic of slovenia
SJ: sjm, svalbard jan mayen, svalbard jan mayen islands, svalbard
SK: svk, slovakia, slovak republic, slovakia slovak republic
SL: sle, sierra leone, republic of sierra leone
SM: smr, san marino, republic of san marino
SN: sen, senegal, republic of senegal
SO: som, somalia, federal republic of somalia
SR: sur, suriname, republic of suriname
SS: ssd, south sudan, republic of south sudan
ST: stp, sao tome principe, sao tome, democratic republic of sao tome principe
SV: slv, el salvador, republic of el salvador
SX: sxm, sint maarten, sint maarten dutch part
SY: syr, syria, syrian arab republic
SZ: swz, eswatini, swaziland, kingdom of eswatini
TC: tca, turks caicos islands
TD: tcd, chad, republic of chad
TF: atf, french southern territories
TG: tgo, togo, togolese republic
TH: tha, thailand, kingdom of thailand
TJ: tjk, tajikistan, republic of tajikistan
TK: tkl, tokelau
TL: tls, timor leste, east timor, democratic republic of timor leste
TM: tkm, turkmenistan
TN: tun, tunisia, republic of tunisia
TO: ton, tonga, kingdom of tonga
TR: tur, turkiye, turkey, republic of turkiye
TT: tto, trinidad tobago, trinidad, republic of trinidad tobago
TV: tuv, tuvalu
TW: twn, taiwan, taiwan province of china, province of china taiwan, republic of china, chinese taipei
TZ: tza, tanzania, tanzania united republic of, united republic of tanzania
UA: ukr, ukraine
UG: uga, uganda, republic of uganda
UM: umi, us outlying islands, united states minor outlying islands
US: usa, united states, united states of america, america, u s
UY: ury, uruguay, eastern republic of uruguay
UZ: uzb, uzbekistan, republic of uzbekistan
VA: vat, vatican city, holy see vatican city state, vatican, holy see
VC: vct, st vincent grenadines
VE: ven, venezuela, venezuela bolivarian republic of, bolivarian republic of venezuela
VG: vgb, british virgin islands, virgin islands british
VI: vir, us virgin islands, virgin islands us, united states virgin islands, virgin islands, virgin islands of united states
VN: vnm, vietnam, viet nam, socialist republic of viet nam
VU: vut, vanuatu, republic of vanuatu
WF: wlf, wallis futuna, wallis
WS: wsm, samoa, independent state of samoa
YE: yem, yemen, republic of yemen
YT: myt, mayotte
ZA: zaf, south africa, rsa, republic of south africa
ZM: zmb, zambia, republic of zambia
ZW: zwe, zimbabwe, republic of zimbabwe
XK: xkx, kosovo, republic of kosovo
`;

let codeOfName: ReadonlyMap<string, string> | undefined;
const alpha2 = new Set(table.match(/^[A-Z]{2}(?=:)/gm));

/** Accents, case, punctuation, "the" and "and" do not tell two countries apart; "saint" and "st" are one word. */
function nameKey(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}|[’'.]/gu, "")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "" && word !== "the" && word !== "and")
    .map((word) => (word === "saint" ? "st" : word))
    .join(" ");
}

function readTable(): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  for (const line of table.trim().split("\n")) {
    const code = line.slice(0, 2);
    for (const name of line.slice(4).split(", ")) codes.set(name, code);
  }
  return codes;
}

/** The alpha-2 code of a country given as alpha-2 or alpha-3 code or by its English name. */
export function countryCodeOf(text: string): string | undefined {
  if (text.length === 2) {
    if (alpha2.has(text)) return text;
    const upper = text.toUpperCase();
    if (alpha2.has(upper)) return upper;
  }
  codeOfName ??= readTable();
  return codeOfName.get(nameKey(text));
}

/** All alpha-2 codes. */
export const countryCodes: readonly string[] = [...alpha2];
