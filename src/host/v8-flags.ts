/** Told to the process before flags of V8 change: code that was compiled fits the flags that it was compiled under. */
export const flagChange = 'imgctl:flags';
