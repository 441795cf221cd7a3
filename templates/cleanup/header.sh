readonly ACTION={{ action }}
readonly ORGANISATION={{ organisation }}
readonly RUN={{ run }}
readonly AUDITED={{ audited }}
readonly AUDITED_EPOCH={{ audited_epoch }}
readonly IDENTITY={{ identity }}
readonly COUNT={{ steps | length }}
