/** Colours of text keep a contrast of at least 4.5 to 1 on every ground that they are on, in light and dark. */
export const colours = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fbfbfa, #101113);
  --rail: light-dark(#f4f4f2, #15161a);
  --card: light-dark(#ffffff, #17191d);
  --sunk: light-dark(#f4f4f2, #1d2025);
  --here: light-dark(#e9e9e6, #22252b);
  --line: light-dark(#e6e6e3, #2a2d33);
  --edge: light-dark(#888b92, #777c85);
  --text: light-dark(#18191b, #ededef);
  --soft: light-dark(#5c6067, #a3a8b1);
  --accent: light-dark(#2456c7, #8fb4ff);
  --link: light-dark(#2456c7, #8fb4ff);
  --primary: light-dark(#18191b, #ededef);
  --on-primary: light-dark(#ffffff, #18191b);
  --good: light-dark(#17663a, #7fd6a3);
  --good-soft: light-dark(#e9f5ee, #16291e);
  --warn: light-dark(#7a4b00, #edc06a);
  --warn-soft: light-dark(#fdf3df, #2d2311);
  --bad: light-dark(#b01f17, #ff9d96);
  --bad-soft: light-dark(#fdf0ef, #2b1718);
  --chart-good: light-dark(#3a9b6a, #4fb883);
  --chart-calm: light-dark(#c9ccd1, #4a4f58);
  --chart-warn: light-dark(#e0a63a, #c99a3e);
  --chart-bad: light-dark(#d2453f, #e5716b);
  --round: .625rem;
  --small-round: .4rem;
}
`;
