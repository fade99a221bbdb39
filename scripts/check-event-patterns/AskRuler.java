import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.Patterns;

/**
 * Reads lines of {"pattern": text, "event": text, "ours": answer} and writes a line for each: match, no match, or invalid
 * and why. Where this is not our answer, it adds what comes out when the pattern is taken apart: when each alternative of
 * $or, with one value for each field, has a machine of its own, which searches fields as those before version 2 did.
 */
public class AskRuler {
  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode question = json.readTree(line);
      String pattern = question.get("pattern").asText(), event = question.get("event").asText();
      out.println(answer(pattern, event, question.get("ours").asText()).replaceAll("\\R.*", ""));
    }
    out.flush();
  }

  /** Does not leave faults to addRule, which reads a pattern with one again as a pattern that has fields named $or. */
  private static String answer(String pattern, String event, String ours) throws Exception {
    String fault = JsonRuleCompiler.check(pattern);
    if (fault != null) return "invalid: " + fault;
    try {
      Machine machine = Machine.builder().build();
      machine.addRule("rule", pattern);
      String answer = word(!machine.rulesForJSONEvent(event).isEmpty());
      if (answer.equals(ours) || ours.equals("invalid")) return answer;
      boolean matches = false;
      for (Map<String, List<Patterns>> alternative : JsonRuleCompiler.compile(pattern))
        for (Map<String, List<Patterns>> part : takeApart(alternative)) matches |= matches(part, event);
      return answer + ": taken apart: " + word(matches);
    } catch (RuntimeException | AssertionError e) {
      return "invalid: " + e;
    }
  }

  private static String word(boolean matches) {
    return matches ? "match" : "no match";
  }

  private static List<Map<String, List<Patterns>>> takeApart(Map<String, List<Patterns>> alternative) {
    List<Map<String, List<Patterns>>> parts = List.of(Map.of());
    for (Map.Entry<String, List<Patterns>> field : alternative.entrySet()) {
      List<Map<String, List<Patterns>>> longer = new ArrayList<>();
      for (Map<String, List<Patterns>> part : parts)
        for (Patterns value : field.getValue()) {
          Map<String, List<Patterns>> added = new HashMap<>(part);
          added.put(field.getKey(), List.of(value));
          longer.add(added);
        }
      parts = longer;
    }
    return parts;
  }

  private static boolean matches(Map<String, List<Patterns>> part, String event) throws Exception {
    Machine machine = (Machine) Machine.builder().withStructuredMatching(false).build();
    machine.addPatternRule("rule", part);
    return !machine.rulesForJSONEvent(event).isEmpty();
  }
}
