/** What a person may say of the other host of a migration in doubt. Pure. */
export const personsWords = ["target-is-dead", "source-is-dead"] as const;
export type PersonsWord = (typeof personsWords)[number];
