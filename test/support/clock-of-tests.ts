const { CLOCK_DAYS_AHEAD, NODE_OPTIONS } = process.env;

/** What a process that the tests spawn needs in its environment to have their clock. */
export const clockOfTests: Readonly<Record<string, string>> =
  CLOCK_DAYS_AHEAD && NODE_OPTIONS ? { CLOCK_DAYS_AHEAD, NODE_OPTIONS } : {};
