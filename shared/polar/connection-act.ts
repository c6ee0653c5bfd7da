import { type Connection, type ConnectionParts, isSameConnection } from './connection.ts';
import { OutOfTurn } from './polar-api-error.ts';

/**
 * Runs an act that changes connection, access or webhook secret while nobody else does. Before each of its changes it
 * looks whether it is still its turn, so that a process that was halted for long does not undo what came after it.
 */
export function connectionAct<T>(
  parts: ConnectionParts,
  act: (parts: ConnectionParts) => Promise<T>,
): Promise<T> {
  return parts.inTurn((check) => act(checking(parts, check)));
}

/** The same, on a connection that a person has seen. Throws `OutOfTurn` where it is another by now. */
export function actOn<T>(
  parts: ConnectionParts,
  seen: Connection,
  act: (parts: ConnectionParts) => Promise<T>,
): Promise<T> {
  return connectionAct(parts, async (own) => {
    if (isSameConnection(seen, await own.connections.read())) return act(own);
    throw new OutOfTurn(
      'Somebody else has changed or ended the connection with Polar meanwhile, so nothing was done. Look at it again.',
    );
  });
}

function checking(parts: ConnectionParts, check: () => Promise<void>): ConnectionParts {
  const checked =
    <Args extends readonly unknown[], T>(change: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await check();
      return change(...args);
    };
  const { api, connections, webhookSecrets, access } = parts;
  return {
    ...parts,
    api: {
      ...api,
      createEndpoint: checked(api.createEndpoint),
      updateEndpoint: checked(api.updateEndpoint),
      removeEndpoint: checked(api.removeEndpoint),
      resetSecret: checked(api.resetSecret),
    },
    connections: {
      ...connections,
      save: checked(connections.save),
      remove: checked(connections.remove),
    },
    webhookSecrets: { ...webhookSecrets, write: checked(webhookSecrets.write) },
    access: { ...access, save: checked(access.save), forget: checked(access.forget) },
  };
}
