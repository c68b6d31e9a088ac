/** The section about use: the verdict, the forecast, and keep-awake over its model. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Awake } from './awake';
import { EndButtons } from './changes-part';
import type { Changes } from './changing';
import type { Status } from './contract';
import { ActivityView } from './views/activity';
import { AwakeView } from './views/awake';
import { CullingView } from './views/culling';

export interface UseProps {
  status: Status;
  awake: Awake;
  changes?: Changes | undefined;
  trans: TranslationBundle;
}

export function UsePart({ status, awake, changes, trans }: UseProps): JSX.Element {
  const { activity, culling, keep_awake_allowed: allowed, taken: now } = status;
  const current = awake.current(status);
  return (
    <>
      <ActivityView activity={activity} now={now} trans={trans} />
      <CullingView culling={culling} keep_awake={current} now={now} trans={trans} />
      <AwakeView
        current={current}
        allowed={allowed}
        refused={refused(status, trans)}
        failure={awake.failure}
        now={now}
        acts={awake}
        trans={trans}
      />
      <EndButtons changes={changes} status={status} trans={trans} />
    </>
  );
}

/** Why the site allows no keep-awake; empty: it does. */
function refused(status: Status, trans: TranslationBundle): string {
  if (status.read_only) {
    return trans.__('This site is read-only: keep-awake cannot be asked for.');
  }
  return status.keep_awake_allowed ? '' : trans.__('The site does not allow keep-awake.');
}
