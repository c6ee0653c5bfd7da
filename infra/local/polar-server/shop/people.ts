/** Who bought here before: names and addresses of as many kinds as there are in real lists. */
export type Early = Readonly<{
  name: string | null;
  /** null: a team that has none. */
  email: string | null;
  externalId?: string;
  country?: string;
}>;

const told: readonly (readonly [string | null, string | null, Partial<Early>?])[] = [
  ['Ada Lovelace', 'ada.lovelace@example.com', { externalId: 'usr_1001' }],
  ['Grace Hopper', 'grace.hopper@example.com', { externalId: 'usr_1002', country: 'US' }],
  ['Cher', 'cher@example.com', { country: 'US' }],
  ['Doe, Jane', 'jane.doe@example.org', { country: 'US' }],
  ['Dr. Max von der Leyen', 'max@bücher.example', { country: 'DE' }],
  ['María José García López', 'mj.garcia@example.com'],
  ['Nguyễn Thị Minh Khai', 'minhkhai@example.com'],
  ['王小明', 'xiaoming.wang@example.com'],
  ['山田 太郎', 'taro.yamada@example.com', { country: 'JP', externalId: 'usr_1009' }],
  ['김민준', 'minjun.kim@example.com'],
  ['Александра Петрова', 'a.petrova@example.com'],
  ['محمد علي', 'mohamed.ali@example.com'],
  ['דוד כהן', 'david.cohen@example.com'],
  ['Ἀριστοτέλης', 'aristotle@example.com'],
  ["Conan O'Brien", 'conan.obrien@example.com', { country: 'US' }],
  ['Jean-Luc Picard', 'jean-luc@example.com'],
  ['Åsa Öberg', 'asa.oberg@example.com', { externalId: 'usr_1017' }],
  ['Łukasz Żółć', 'lukasz@example.com'],
  ['ANNA LINDQVIST', 'Anna.Lindqvist@Example.com', { externalId: 'usr_1019' }],
  ['bell hooks', 'bell@example.org', { country: 'US' }],
  ['  Lena   Weber  ', 'lena.weber@example.com', { country: 'DE' }],
  ['Tom & Jerry', 'tom.jerry@example.com', { country: 'US' }],
  ['<b>Bobby</b> Tables', 'bobby@example.com'],
  ['Mia 🌸', 'mia@example.com', { country: 'DE' }],
  ['evil.com has a gift for you', 'gift@example.net'],
  ['+1 555 0100', 'phone@example.net', { country: 'US' }],
  [null, 'no.name@example.com'],
  ['', 'empty.name@example.com'],
  ['X Æ A-12', 'xash@example.com', { country: 'US' }],
  ['Prof. Dr. Sabine Meyer-Lüdenscheidt', 'sabine@example.org', { country: 'DE' }],
  ['Juan Carlos de Borbón y Borbón-Dos Sicilias de la Santísima Trinidad', 'juan@example.org'],
  ['Example Studio GmbH', null, { country: 'DE', externalId: 'org_7' }],
  ['Sofía Martínez', 'sofia+polar@example.com'],
  ['Liam Smith', 'liam@example.com', { country: 'US', externalId: 'usr_1034' }],
  ['Olivia Jones', 'olivia@example.com', { country: 'US' }],
  ['Noah Müller', 'noah@example.com', { country: 'DE' }],
  ['Emma Schneider', 'emma@example.com', { country: 'DE' }],
  ['Elif Yılmaz', 'elif@example.com'],
  ['İpek Çelik', 'ipek@example.com'],
  ['Siân Llewellyn', 'sian@example.org'],
  ['Björk Guðmundsdóttir', 'bjork@example.org'],
  ['Zoë Kravitz', 'zoe@example.com', { country: 'US' }],
  ['Renée de Vries', 'renee@example.com'],
  ['Mateusz Kowalski', 'mateusz@example.com'],
  ['Ngozi Adichie', 'ngozi@example.com', { externalId: 'usr_1045' }],
  ['Thandiwe Mbeki', 'thandiwe@example.com'],
  ['Aarav Sharma', 'aarav@example.com'],
  ['Priya Natarajan', 'priya@example.com'],
  ['Fatima az-Zahra', 'fatima@example.com'],
  ['Yusuf Islam', 'yusuf@example.com'],
  ['Carlos Núñez', 'carlos@example.com'],
  ['Beatriz Haddad Maia', 'beatriz@example.com'],
  ['Håkon Mjøen', 'hakon@example.com'],
  ['Kaisa Mäkäräinen', 'kaisa@example.com'],
  ['Maarten van den Berg', 'maarten@example.com'],
  ['Ruth E. Carter', 'ruth@example.com', { country: 'US' }],
  ['James Okafor Jr.', 'james.okafor@example.com', { country: 'US' }],
  ['the dude', 'THE.DUDE@example.net', { country: 'US' }],
  ['Chloé Dubois', 'chloe@example.com'],
  ['Ingrid Bergström', 'ingrid@example.com', { externalId: 'usr_1060' }],
];

export const sixty: readonly Early[] = told.map(([name, email, more]) => ({
  name,
  email,
  ...more,
}));

/** Of the second organization. */
export const neighbours: readonly Early[] = [
  { name: 'Harriet Quay', email: 'harriet@harbour.example' },
  { name: 'Otto Kai', email: 'otto@harbour.example', country: 'DE' },
  { name: 'Ada Lovelace', email: 'ada.lovelace@example.com' },
];
