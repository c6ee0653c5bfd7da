/** Colours keep a contrast of at least 4.5 to 1 in light and dark. */
export const colours = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f7f7f5, #15171a);
  --card: light-dark(#ffffff, #1d2024);
  --sunk: light-dark(#f1f1ee, #17191c);
  --line: light-dark(#dedfda, #34383e);
  --edge: light-dark(#85888f, #7d828a);
  --text: light-dark(#1b1d21, #eceef1);
  --soft: light-dark(#5a5e66, #a9aeb7);
  --link: light-dark(#0b57a4, #8cc0ff);
  --primary: light-dark(#0b57a4, #8cc0ff);
  --on-primary: light-dark(#ffffff, #0d1b2a);
  --good: light-dark(#17663a, #86d9a6);
  --good-soft: light-dark(#e3f4ea, #17301f);
  --warn: light-dark(#7a4b00, #f0c26c);
  --warn-soft: light-dark(#fdf1d9, #33270f);
  --bad: light-dark(#a3161c, #ffa4a0);
  --bad-soft: light-dark(#fdeaea, #3a1a1b);
  --round: .5rem;
}
`;
