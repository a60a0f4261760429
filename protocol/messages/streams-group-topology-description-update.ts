// StreamsGroupTopologyDescriptionUpdate (API key 93, version 0). A member of a streams group sends
// the description of its topology that a heartbeat's answer asked for (KIP-1331).

import {
  api, array, int16, int32, int8, type RequestOf, type ResponseOf, string, struct,
} from '../schema.ts'

const topologyDescriptionNode = {
  name: string,
  nodeType: int8,
  sourceTopics: array(string).entity('topicName'),
  sinkTopic: string.nullable().default(null).entity('topicName'),
  stores: array(string),
  successors: array(string),
}

const topologyDescriptionSubtopology = {
  subtopologyId: string,
  nodes: array(topologyDescriptionNode),
}

const topologyDescriptionGlobalStore = {
  source: struct(topologyDescriptionNode),
  processor: struct(topologyDescriptionNode),
}

const topologyDescription = {
  subtopologies: array(topologyDescriptionSubtopology),
  globalStores: array(topologyDescriptionGlobalStore),
}

export const streamsGroupTopologyDescriptionUpdate = api({
  name: 'StreamsGroupTopologyDescriptionUpdate', key: 93, versions: [0, 0], flexibleSince: 0,
  request: {
    groupId: string.entity('groupId'),
    memberId: string,
    topologyEpoch: int32,
    topologyDescription: struct(topologyDescription),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
  },
})

export interface StreamsGroupTopologyDescriptionUpdateRequest
  extends RequestOf<typeof streamsGroupTopologyDescriptionUpdate> {}
export type StreamsGroupTopologyDescriptionUpdateResponse =
  ResponseOf<typeof streamsGroupTopologyDescriptionUpdate>
