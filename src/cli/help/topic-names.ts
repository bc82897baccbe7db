/** What `imgctl help` knows besides the verbs. */
export const topicNames = ['options', 'exit-codes', 'output', 'profiles', 'environment', 'policy', 'ci', 'man'] as const;
export type Topic = (typeof topicNames)[number];
