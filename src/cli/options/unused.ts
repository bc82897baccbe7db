/** The word of the user where a provider cannot tell what uses an image. */
export const unusedOption = { kind: 'flag', summary: 'believe that an image is unused where the provider cannot tell' } as const;
