/** What we can say of a password while it is typed. The server decides; it also knows which ones are too common. */
export type Rules = { isLong: boolean; isOwn: boolean }

export const SHORTEST = 12

export function rulesOf(password: string, name: string, login: string): Rules {
  const bare = password.toLowerCase()
  const holds = [name, login].map((each) => each.trim().toLowerCase()).filter((each) => each.length >= 3)
  return {
    isLong: [...password].length >= SHORTEST,
    isOwn: password !== '' && !holds.some((each) => bare.includes(each)),
  }
}
