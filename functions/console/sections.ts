import type { Hono } from 'hono';
import type { ConsoleEnv } from './kit/page.ts';
import type { ConsoleParts } from './parts.ts';

/** Pages that are loaded together. */
export type Section = Readonly<{
  path: string;
  pages: (parts: ConsoleParts) => Promise<Hono<ConsoleEnv>>;
}>;

const overview: Section = {
  path: '/console',
  pages: async (parts) => (await import('./overview/overview-pages.ts')).overviewPages(parts),
};

export const sections: readonly Section[] = [
  {
    path: '/console/find',
    pages: async (parts) => (await import('./find/find-pages.ts')).findPages(parts),
  },
  {
    path: '/console/audience',
    pages: async (parts) => (await import('./audience/audience-pages.ts')).audiencePages(parts),
  },
  {
    path: '/console/events',
    pages: async (parts) => (await import('./events/event-pages.ts')).eventPages(parts),
  },
  {
    path: '/console/workflows',
    pages: async (parts) => (await import('./workflows/workflow-pages.ts')).workflowPages(parts),
  },
  {
    path: '/console/runs',
    pages: async (parts) => (await import('./runs/run-pages.ts')).runPages(parts),
  },
  {
    path: '/console/emails',
    pages: async (parts) => (await import('./emails/email-pages.ts')).emailPages(parts),
  },
  {
    path: '/console/brand',
    pages: async (parts) => (await import('./brand/brand-pages.ts')).brandPages(parts),
  },
  {
    path: '/console/settings',
    pages: async (parts) => {
      const [{ settingsPages }, { followingSettings }] = await Promise.all([
        import('./settings/settings-pages.ts'),
        import('./polar/polar-pages.ts'),
      ]);
      return settingsPages(parts, followingSettings(parts));
    },
  },
  {
    path: '/console/polar',
    pages: async (parts) => (await import('./polar/polar-pages.ts')).polarPages(parts),
  },
  {
    path: '/console/test',
    pages: async (parts) => (await import('./test-event/test-pages.ts')).testPages(parts),
  },
  {
    path: '/console/dead-letters',
    pages: async (parts) =>
      (await import('./dead-letters/dead-letter-pages.ts')).deadLetterPages(parts),
  },
  {
    path: '/console/log',
    pages: async (parts) => (await import('./log/log-pages.ts')).logPages(parts),
  },
  // Every path begins with its path, so it is the last.
  overview,
];

/** The section of a path; the overview's where no other has it. */
export function sectionAt(path: string): Section {
  return sections.find((one) => path === one.path || path.startsWith(`${one.path}/`)) ?? overview;
}
