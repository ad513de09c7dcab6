export interface City {
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly tz: string;
}

const table = `
London,GB,Europe/London
Manchester,GB,Europe/London
Dublin,IE,Europe/Dublin
Paris,FR,Europe/Paris
Lyon,FR,Europe/Paris
Berlin,DE,Europe/Berlin
Hamburg,DE,Europe/Berlin
Munich,DE,Europe/Berlin
Vienna,AT,Europe/Vienna
Zurich,CH,Europe/Zurich
Amsterdam,NL,Europe/Amsterdam
Brussels,BE,Europe/Brussels
Madrid,ES,Europe/Madrid
Barcelona,ES,Europe/Madrid
Lisbon,PT,Europe/Lisbon
Rome,IT,Europe/Rome
Milan,IT,Europe/Rome
Athens,GR,Europe/Athens
Warsaw,PL,Europe/Warsaw
Prague,CZ,Europe/Prague
Budapest,HU,Europe/Budapest
Stockholm,SE,Europe/Stockholm
Oslo,NO,Europe/Oslo
Copenhagen,DK,Europe/Copenhagen
Helsinki,FI,Europe/Helsinki
Kyiv,UA,Europe/Kyiv
Istanbul,TR,Europe/Istanbul
New York,US,America/New_York
Chicago,US,America/Chicago
Houston,US,America/Chicago
Los Angeles,US,America/Los_Angeles
Seattle,US,America/Los_Angeles
Atlanta,US,America/New_York
Toronto,CA,America/Toronto
Vancouver,CA,America/Vancouver
Mexico City,MX,America/Mexico_City
Bogotá,CO,America/Bogota
Lima,PE,America/Lima
Santiago,CL,America/Santiago
Buenos Aires,AR,America/Argentina/Buenos_Aires
São Paulo,BR,America/Sao_Paulo
Rio de Janeiro,BR,America/Sao_Paulo
Lagos,NG,Africa/Lagos
Accra,GH,Africa/Accra
Nairobi,KE,Africa/Nairobi
Cairo,EG,Africa/Cairo
Johannesburg,ZA,Africa/Johannesburg
Dubai,AE,Asia/Dubai
Mumbai,IN,Asia/Kolkata
Delhi,IN,Asia/Kolkata
Bengaluru,IN,Asia/Kolkata
Jakarta,ID,Asia/Jakarta
Manila,PH,Asia/Manila
Singapore,SG,Asia/Singapore
Bangkok,TH,Asia/Bangkok
Seoul,KR,Asia/Seoul
Tokyo,JP,Asia/Tokyo
Osaka,JP,Asia/Tokyo
Taipei,TW,Asia/Taipei
Sydney,AU,Australia/Sydney
Melbourne,AU,Australia/Melbourne
Auckland,NZ,Pacific/Auckland
`;

export const cities: readonly City[] = table
  .trim()
  .split("\n")
  .map((line) => {
    const [city = "", country = "", tz = ""] = line.split(",");
    return { city, country, tz };
  });
