/** Stands in for a part of the SDK that none of our calls needs, and that the SDK would load when one did. */
function refuse(): never {
  throw new Error('This bundle was made without event streams: see the aliases of the bundles.');
}

export { refuse as EventStreamSerde, refuse as eventStreamSerdeProvider };
