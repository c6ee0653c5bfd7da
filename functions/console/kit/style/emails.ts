/** Emails: the list and a single one. */
export const emails = `
.settle { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .4rem }
.sentence { font-size: 1.0625rem; max-width: 60rem }
`;
