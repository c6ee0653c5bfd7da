const { CLOCK_DAYS_AHEAD, NODE_OPTIONS, NODE_COMPILE_CACHE } = process.env;

/** What a process that the tests spawn needs in its environment to have their clock, and to start in half the time. */
export const environmentOfTests: Readonly<Record<string, string>> = {
  ...(CLOCK_DAYS_AHEAD && NODE_OPTIONS && { CLOCK_DAYS_AHEAD, NODE_OPTIONS }),
  ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }),
};
