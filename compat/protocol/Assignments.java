// Lets Kafka's own classes assign partitions to the members of random consumer groups, step by
// step: what tests/lib/coordinators/consumer/assignments.json holds. Run against the jars of a
// broker 4.4.0: `java -cp 'libs/*' compat/protocol/Assignments.java 48 > assignments.json`.

import java.util.*;
import java.util.stream.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.*;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.coordinator.common.runtime.*;
import org.apache.kafka.coordinator.group.Utils;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.generated.*;
import org.apache.kafka.coordinator.group.modern.*;
import org.apache.kafka.coordinator.group.modern.consumer.*;
import org.apache.kafka.coordinator.group.util.UpdatedMembersAndTargetAssignmentView;
import org.apache.kafka.image.*;
import org.apache.kafka.timeline.SnapshotRegistry;

public class Assignments {
  final Random random;
  final boolean isLarge;
  final boolean isMixed;
  final PartitionAssignor assignor;
  final ConsumerGroup group =
    new ConsumerGroup(new LogContext(), new SnapshotRegistry(new LogContext()), "g");
  final List<String> steps = new ArrayList<>();
  final List<String> topicNames = new ArrayList<>();
  final Map<Uuid, Integer> topicIndexes = new HashMap<>();
  final List<String> memberIds = new ArrayList<>();
  MetadataImage image = MetadataImage.EMPTY;
  int epoch = 0;

  Assignments(int seed) {
    random = new Random(seed);
    isLarge = seed % 8 == 7;
    isMixed = seed % 2 == 1;
    assignor = seed % 5 == 4 ? new RangeAssignor() : new UniformAssignor();
  }

  public static void main(String[] args) {
    String groups = IntStream.range(0, Integer.parseInt(args[0]))
      .mapToObj(seed -> new Assignments(seed).run()).collect(Collectors.joining(",\n"));
    System.out.println("{\n\"kafka\": \"4.4.0\",\n\"groups\": [\n" + groups + "\n]\n}");
  }

  String run() {
    change(new RegisterBrokerRecord().setBrokerId(1).setRack("a"));
    change(new RegisterBrokerRecord().setBrokerId(2).setRack("rack-b"));
    change(new RegisterBrokerRecord().setBrokerId(3).setRack(null));
    int topics = 1 + random.nextInt(isLarge ? 30 : 5);
    for (int i = 0; i < topics; i++) createTopic();
    for (int i = 0; i < (isLarge ? 8 : 14); i++) step();
    return "{\"assignor\":\"" + assignor.name() + "\",\"steps\":[\n  "
      + String.join(",\n  ", steps) + "]}";
  }

  void step() {
    List<String> present = new ArrayList<>(new TreeSet<>(group.members().keySet()));
    int dice = random.nextInt(10);
    if (present.isEmpty() || dice < 5) join(null);
    else if (dice == 5) createTopic();
    else if (dice == 6) grow();
    else if (dice == 7 && isMixed) {
      ConsumerGroupMember member = group.members().get(pick(present));
      update(member, with(member, subscription()));
    } else if (dice == 8) {
      List<String> instances = new ArrayList<>(new TreeSet<>(group.staticMembers().keySet()));
      join(instances.isEmpty() ? null : pick(instances));
    } else {
      String leaving = pick(present);
      steps.add("{\"leaves\":\"" + leaving + "\"}");
      group.removeTargetAssignment(leaving);
      group.removeMember(leaving);
      present.remove(leaving);
      if (present.isEmpty()) return;
      ConsumerGroupMember member = group.members().get(pick(present));
      update(member, member);
    }
  }

  void join(String instanceId) {
    byte[] noise = new byte[16];
    random.nextBytes(noise);
    String id = random.nextBoolean() ? UUID.nameUUIDFromBytes(noise).toString()
      : new Uuid(random.nextLong(), random.nextLong()).toString();
    memberIds.add(id);
    if (instanceId != null) {
      ConsumerGroupMember old = group.staticMember(instanceId);
      ConsumerGroupMember member = new ConsumerGroupMember.Builder(old, id).build();
      update(member, with(member,
        isMixed ? subscription() : List.copyOf(member.subscribedTopicNames())));
      return;
    }
    String instance = random.nextInt(4) == 0 ? "i" + memberIds.size() : null;
    ConsumerGroupMember member = new ConsumerGroupMember.Builder(id).setMemberEpoch(0).build();
    update(member, new ConsumerGroupMember.Builder(with(member, subscription()))
      .setInstanceId(instance).build());
  }

  /** Names in order, as the record of a member has them. */
  ConsumerGroupMember with(ConsumerGroupMember member, List<String> names) {
    return new ConsumerGroupMember.Builder(member)
      .setSubscribedTopicNames(names.stream().sorted().toList()).build();
  }

  /** Some topics; where all members subscribe alike, what the first one had or all of now. */
  List<String> subscription() {
    if (!isMixed) {
      return group.members().isEmpty() ? List.copyOf(topicNames)
        : List.copyOf(group.members().values().iterator().next().subscribedTopicNames());
    }
    List<String> names = topicNames.stream().filter(__ -> random.nextInt(3) > 0)
      .collect(Collectors.toCollection(ArrayList::new));
    if (random.nextInt(5) == 0) names.add("missing");
    return names;
  }

  void update(ConsumerGroupMember before, ConsumerGroupMember member) {
    epoch++;
    CoordinatorMetadataImage metadata = new KRaftCoordinatorMetadataImage(image);
    Map<String, SubscriptionCount> names = group.computeSubscribedTopicNames(before, member);
    boolean isNew = !group.hasMember(member.memberId())
      && !group.hasStaticMember(member.instanceId());
    var view = new UpdatedMembersAndTargetAssignmentView<ConsumerGroupMember, Assignment>(
      group.members(), group.staticMembers(), group.targetAssignment(),
      ModernGroupMember::instanceId);
    view.addOrUpdateMember(member.memberId(), member);
    var result = new TargetAssignmentBuilder.ConsumerTargetAssignmentBuilder("g", epoch, assignor)
      .withTime(Time.SYSTEM)
      .withMembers(view.members())
      .withSubscriptionType(ConsumerGroup.subscriptionType(
        Map.of(), names, group.numMembers() + (isNew ? 1 : 0)))
      .withTargetAssignment(view.targetAssignment())
      .withInvertedTargetAssignment(group.invertedTargetAssignment())
      .withMetadataImage(metadata).build();
    long hash = ModernGroup.computeMetadataHash(names, new HashMap<>(), metadata);
    String replaced = group.staticMemberId(member.instanceId());
    if (replaced != null && !replaced.equals(member.memberId())) {
      Assignment target = group.targetAssignment(replaced);
      group.removeTargetAssignment(replaced);
      group.removeMember(replaced);
      group.updateMember(before);
      group.updateTargetAssignment(member.memberId(), Assignment.fromRecord(value(target)));
    }
    group.updateMember(member);
    for (CoordinatorRecord record : result.records()) {
      if (!(record.key() instanceof ConsumerGroupTargetAssignmentMemberKey key)) continue;
      group.updateTargetAssignment(key.memberId(), Assignment.fromRecord(
        (ConsumerGroupTargetAssignmentMemberValue) record.value().message()));
    }
    steps.add("{\"member\":" + text(member.memberId())
      + ",\"instance\":" + text(member.instanceId())
      + ",\"topics\":[" + member.subscribedTopicNames().stream().sorted()
        .map(name -> String.valueOf(topicNames.indexOf(name))).collect(Collectors.joining(","))
      + "],\"hash\":\"" + hash + "\",\"target\":" + target() + "}");
  }

  ConsumerGroupTargetAssignmentMemberValue value(Assignment assignment) {
    return new ConsumerGroupTargetAssignmentMemberValue().setTopicPartitions(
      assignment.partitions().entrySet().stream().map(entry ->
        new ConsumerGroupTargetAssignmentMemberValue.TopicPartition().setTopicId(entry.getKey())
          .setPartitions(new ArrayList<>(entry.getValue()))).toList());
  }

  /** Of each member: its number, and lists of a topic's number and its partitions. */
  String target() {
    return group.members().keySet().stream().sorted(Comparator.comparing(memberIds::indexOf))
      .map(id -> "[" + Stream.concat(Stream.of(String.valueOf(memberIds.indexOf(id))),
        group.targetAssignment(id).partitions().entrySet().stream()
          .sorted(Comparator.comparing(entry -> topicIndexes.get(entry.getKey())))
          .map(entry -> "[" + topicIndexes.get(entry.getKey()) + "," + entry.getValue().stream()
            .sorted().map(String::valueOf).collect(Collectors.joining(",")) + "]"))
        .collect(Collectors.joining(",")) + "]")
      .collect(Collectors.joining(",", "[", "]"));
  }

  void createTopic() {
    String name = "topic" + topicNames.size() + "-" + Long.toString(Math.abs(random.nextLong()), 36)
      .substring(0, 1 + random.nextInt(9)).repeat(random.nextInt(8) == 0 ? 20 : 1);
    Uuid id = new Uuid(random.nextLong(), random.nextLong());
    topicIndexes.put(id, topicNames.size());
    topicNames.add(name);
    change(new TopicRecord().setName(name).setTopicId(id));
    addPartitions(name, 1 + random.nextInt(isLarge ? 120 : 12));
  }

  void grow() {
    addPartitions(pick(topicNames), 1 + random.nextInt(4));
  }

  void addPartitions(String name, int count) {
    Uuid id = image.topics().getTopic(name).id();
    int next = image.topics().getTopic(name).partitions().size();
    List<String> replicas = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Integer> brokers = new ArrayList<>(List.of(1, 2, 3));
      Collections.shuffle(brokers, random);
      brokers = brokers.subList(0, 1 + random.nextInt(3));
      replicas.add(
        "\"" + brokers.stream().map(String::valueOf).collect(Collectors.joining()) + "\"");
      change(new PartitionRecord().setTopicId(id).setPartitionId(next + i).setReplicas(brokers)
        .setIsr(brokers).setLeader(brokers.get(0))
        .setDirectories(brokers.stream().map(__ -> Uuid.ZERO_UUID).toList()));
    }
    steps.add("{\"topic\":" + text(name) + ",\"id\":\"" + id + "\",\"replicas\":["
      + String.join(",", replicas) + "]}");
  }

  void change(org.apache.kafka.common.protocol.ApiMessage record) {
    MetadataDelta delta = new MetadataDelta.Builder().setImage(image).build();
    delta.replay(record);
    image = delta.apply(MetadataProvenance.EMPTY);
  }

  String pick(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }

  static String text(String value) {
    return value == null ? "null" : "\"" + value + "\"";
  }
}
