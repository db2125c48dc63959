import { en, Faker, base } from '@faker-js/faker'

export interface SeedUser {
  username: string
  email: string
}
/** `user` is the index of the owner. A post that has an `edit` gets it as its content, at the time given. */
export type SeedEntry = { user: number; at: Date } & (
  | {
      kind: 'post'
      value: { title: string; content: string }
      edit?: { content: string; at: Date }
    }
  | { kind: 'todo'; value: { title: string; description?: string; completed: boolean } }
  | { kind: 'book'; value: { title: string; author: string } }
)
export interface Seed {
  /** One for all users, of at least four words. */
  password: string
  registrations: Array<SeedUser & { at: Date }>
  /** Oldest first, all of them after the last registration. */
  entries: SeedEntry[]
}

/** A year that is over: nothing that is seeded lies in the future. */
const OPENING = new Date('2025-01-01T08:00:00Z')
const OPENED = new Date('2025-01-31T20:00:00Z')
const END = new Date('2025-12-31T20:00:00Z')

/** The same seed and number of users give the same data, to the millisecond. */
export function makeSeed(seed: number, users: number, passwordLength: number): Seed {
  const faker = new Faker({ locale: [en, base], seed })
  faker.setDefaultRefDate(END)
  const password = makePassword(faker, passwordLength)
  const people = makePeople(faker, users)
  const arrivals = faker.date.betweens({ from: OPENING, to: OPENED, count: users })
  const entries = people.flatMap((_, user) => makeEntries(faker, user))
  return {
    password,
    registrations: people.map((person, index) => ({ ...person, at: arrivals[index] ?? OPENED })),
    entries: entries.toSorted((one, other) => one.at.getTime() - other.at.getTime()),
  }
}

function makePassword(faker: Faker, length: number) {
  const words = faker.helpers.multiple(() => faker.word.noun(), { count: 4 })
  while (words.join('-').length < length) words.push(faker.word.noun())
  return words.join('-')
}

function makePeople(faker: Faker, count: number): SeedUser[] {
  const names = new Set<string>()
  while (names.size < count) {
    const name = plain(`${faker.person.firstName()}.${faker.person.lastName()}`)
    names.add(names.has(name) ? `${name}${faker.number.int({ min: 2, max: 9999 })}` : name)
  }
  // The domain is reserved (RFC 2606): whatever is mailed to it reaches nobody.
  return [...names].map((username) => ({ username, email: `${username}@example.com` }))
}

/** At most 28 of a to z, dot and hyphen, as part of a username. */
const plain = (name: string) =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z.-]/g, '')
    .slice(0, 28)

function makeEntries(faker: Faker, user: number): SeedEntry[] {
  const many = <T>(max: number, make: () => T) =>
    faker.helpers.multiple(make, { count: faker.number.int({ min: 0, max }) })
  const when = () => faker.date.between({ from: OPENED, to: END })
  return [
    ...many(5, () => makePost(faker, user, when())),
    ...many(12, () => makeTodo(faker, user, when())),
    ...faker.helpers.arrayElements(BOOKS, { min: 0, max: 6 }).map(([title, author]) => ({
      kind: 'book' as const,
      user,
      at: when(),
      value: { title, author },
    })),
  ]
}

function makePost(faker: Faker, user: number, at: Date): SeedEntry {
  const [title, author] = faker.helpers.arrayElement(BOOKS)
  const city = faker.location.city()
  const dish = faker.food.dish()
  const subjects = [
    {
      title: `Reading ${title} again`,
      content: `I first read ${author} in ${city}, far too young. What stayed with me were the ${plural(faker)}; this time it is the ${plural(faker)}.`,
    },
    {
      title: `A weekend in ${city}`,
      content: `We saw a ${faker.animal.bird().toLowerCase()} by the water, and ate ${dish.toLowerCase()} at a place near ${faker.location.street()}. ${faker.food.description()}`,
    },
    {
      title: `How I make ${dish.toLowerCase()}`,
      content: `${faker.food.description()} Start with fresh ${faker.food.vegetable()}, and do not be shy with the ${faker.food.spice()}.`,
    },
    {
      title: `Notes on ${plural(faker)}`,
      content: `Copied from ${title}, so that I find it again. ${author} says it better than I could.`,
    },
  ]
  const value = faker.helpers.arrayElement(subjects)
  const post = { kind: 'post' as const, user, at, value }
  if (!faker.datatype.boolean(0.25)) return post
  const later = faker.date.between({ from: at, to: END })
  const content = `${value.content}\n\nUpdate: ${faker.person.firstName()} wrote to me about this, thank you.`
  return { ...post, edit: { content, at: later } }
}

function makeTodo(faker: Faker, user: number, at: Date): SeedEntry {
  const title = faker.helpers.arrayElement([
    () => `Call ${faker.person.firstName()}`,
    () => `Buy ${faker.food.fruit()} and ${faker.food.vegetable()}`,
    () => `Return ${faker.helpers.arrayElement(BOOKS)[0]} to the library`,
    () => `Book the train to ${faker.location.city()}`,
    () => 'Water the plants',
    () => 'Pay the rent',
    () => `Repair the ${faker.word.noun()}`,
  ])()
  const details = faker.helpers.maybe(
    () => `Before ${faker.date.weekday()}, and ask ${faker.person.firstName()} to help.`,
    { probability: 0.4 },
  )
  const completed = faker.datatype.boolean(0.6)
  const value = { title, completed, ...(details && { description: details }) }
  return { kind: 'todo', user, at, value }
}

const plural = (faker: Faker) => `${faker.word.adjective()} ${faker.word.noun()}s`

/** Titles with the authors who really wrote them, which faker does not give. */
const BOOKS = [
  ['A Room of One’s Own', 'Virginia Woolf'],
  ['Beloved', 'Toni Morrison'],
  ['Brave New World', 'Aldous Huxley'],
  ['Cien años de soledad', 'Gabriel García Márquez'],
  ['Crime and Punishment', 'Fyodor Dostoevsky'],
  ['Der Prozess', 'Franz Kafka'],
  ['Dubliners', 'James Joyce'],
  ['Essais', 'Michel de Montaigne'],
  ['Frankenstein', 'Mary Shelley'],
  ['Invisible Cities', 'Italo Calvino'],
  ['Jane Eyre', 'Charlotte Brontë'],
  ['Les Misérables', 'Victor Hugo'],
  ['Meditations', 'Marcus Aurelius'],
  ['Middlemarch', 'George Eliot'],
  ['Moby-Dick', 'Herman Melville'],
  ['Mrs Dalloway', 'Virginia Woolf'],
  ['My Ántonia', 'Willa Cather'],
  ['Persuasion', 'Jane Austen'],
  ['Pride and Prejudice', 'Jane Austen'],
  ['The Dispossessed', 'Ursula K. Le Guin'],
  ['The Left Hand of Darkness', 'Ursula K. Le Guin'],
  ['The Name of the Rose', 'Umberto Eco'],
  ['The Pillow Book', 'Sei Shōnagon'],
  ['The Remains of the Day', 'Kazuo Ishiguro'],
  ['The Tale of Genji', 'Murasaki Shikibu'],
  ['Their Eyes Were Watching God', 'Zora Neale Hurston'],
  ['Things Fall Apart', 'Chinua Achebe'],
  ['Walden', 'Henry David Thoreau'],
  ['Wuthering Heights', 'Emily Brontë'],
  ['吾輩は猫である', '夏目漱石'],
] as const
