// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/json_cursor.h"
#include "bpf/scripts/script_values.h"
#include "core/schema/catalogue.h"

#include <QTest>
#include <numeric>

using namespace statescape;
using bpf::ScriptValues;
using schema::ScriptMap;
using schema::ScriptMapKind;

namespace {
constexpr std::uint64_t kSecond = 1'000'000'000;

/// Plays bpftrace: each print() comes 100 ms after the last.
class Printer {
public:
    explicit Printer(std::vector<ScriptMap> maps)
        : m_values(std::move(maps))
    {}
    void print(const std::vector<std::string> &lines)
    {
        m_now += bpf::kScriptPrintNs;
        say(R"({"type": "printf", "data": "statescape-begin\n"})");
        for (const auto &line : lines)
            say(line);
        say(R"({"type": "printf", "data": "statescape-end\n"})");
    }
    void say(const std::string &line) { m_values.line(line, m_now); }
    /// @return the words as of the last print.
    std::vector<std::uint64_t> words(std::uint64_t laterNs = kSecond)
    {
        std::vector<std::uint64_t> words(m_values.words());
        return m_values.read(m_now + laterNs, words) ? words : std::vector<std::uint64_t>{};
    }
    [[nodiscard]] const ScriptValues &values() const { return m_values; }

private:
    ScriptValues m_values;
    std::uint64_t m_now = 10 * kSecond;
};

std::string map(const char *name, const std::string &value, const char *type = "map")
{
    return std::string(R"({"type": ")") + type + R"(", "data": {"@)" + name + R"(": )" + value + "}}";
}
using Words = std::vector<std::uint64_t>;
} // namespace

class TestScriptValues : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void clauseNamesEveryMap();
    void nothingBeforeTheFirstPrint();
    void countersSumKeysAndNeverGoBack();
    void ownPrintBeforeClearIsTaken();
    void partPrintsAreNotTaken();
    void lostPrintForgetsNothing();
    void gauges();
    void statistics();
    void histogramsKeepTheirCounts();
    void betweenPrintsInterpolates();
    void keysAreBounded();
    void lossesAreCounted();
    void brokenLines_data();
    void brokenLines();
    void cutAndChangedLines();
};

void TestScriptValues::clauseNamesEveryMap()
{
    const std::vector<ScriptMap> maps{{"a", ScriptMapKind::Counter}, {"", ScriptMapKind::Gauge}};
    QCOMPARE(bpf::printClause(maps),
             std::string("\ninterval:ms:100 { printf(\"statescape-begin\\n\"); print(@a); "
                         "print(@); printf(\"statescape-end\\n\"); }\n"));
}

void TestScriptValues::nothingBeforeTheFirstPrint()
{
    Printer printer({{"a", ScriptMapKind::Counter}});
    QVERIFY(printer.words().empty());
    printer.say(map("a", "7"));
    QVERIFY(printer.words().empty());
    printer.print({});
    QCOMPARE(printer.words(), Words{7});
}

void TestScriptValues::countersSumKeysAndNeverGoBack()
{
    Printer printer({{"a", ScriptMapKind::Counter, true}, {"b", ScriptMapKind::Counter}});
    printer.print({map("a", R"({"x": 3, "y,1": 4})"), map("b", "10")});
    QCOMPARE(printer.words(), (Words{7, 10}));
    printer.print({map("a", R"({"x": 5, "y,1": 4, "\"z\"": 1})"), map("b", "12")});
    QCOMPARE(printer.words(), (Words{10, 12}));
    // One key deleted, the other map cleared and counting again.
    printer.print({map("a", R"({"x": 5})"), map("b", "2")});
    QCOMPARE(printer.words(), (Words{10, 14}));
    printer.print({map("a", R"({"x": 5, "y,1": 6})")});
    QCOMPARE(printer.words(), (Words{16, 14}));
    // bpftrace says nothing of an empty map: what comes then begins at nothing.
    printer.print({map("b", "2")});
    QCOMPARE(printer.words(), (Words{16, 16}));
    printer.print({map("a", R"({"x": 9})"), map("b", "2")});
    QCOMPARE(printer.words(), (Words{25, 16}));
    QCOMPARE(printer.values().missed(), 0U);
}

void TestScriptValues::ownPrintBeforeClearIsTaken()
{
    Printer printer({{"a", ScriptMapKind::Counter, true}});
    printer.print({map("a", R"({"x": 3})")});
    printer.say(map("a", R"({"x": 8})")); // print(@a); clear(@a);
    printer.print({map("a", R"({"x": 9})")});
    // Without the one in between this would be 9, with it 8 and 1 more: the map grew past what it had been.
    QCOMPARE(printer.words(), Words{9});
    printer.say(map("a", R"({"x": 20})"));
    printer.print({map("a", R"({"x": 1})")});
    QCOMPARE(printer.words(), Words{21});
}

void TestScriptValues::partPrintsAreNotTaken()
{
    Printer printer({{"a", ScriptMapKind::Counter, true, false}});
    printer.print({map("a", R"({"x": 3, "y": 2})")});
    printer.say(map("a", R"({"x": 3})")); // print(@a, 1)
    printer.print({map("a", R"({"x": 3, "y": 2})")});
    QCOMPARE(printer.words(), Words{5});
}

void TestScriptValues::lostPrintForgetsNothing()
{
    Printer printer({{"a", ScriptMapKind::Counter}});
    printer.print({map("a", "100")});
    printer.print({R"({"type": "lost_events", "data": {"events": 2}})"});
    printer.print({"{broken"});
    printer.print({map("a", "101")});
    QCOMPARE(printer.words(), Words{101});
    QCOMPARE(printer.values().missed(), 3U);
}

void TestScriptValues::gauges()
{
    Printer printer(
        {{"g", ScriptMapKind::Gauge}, {"k", ScriptMapKind::Gauge, true}, {"t", ScriptMapKind::Gauge}});
    printer.print({map("g", "-5"), map("t", "\"a text\"")});
    QCOMPARE(printer.words(), (Words{static_cast<std::uint64_t>(-5), schema::kNoLevel, schema::kNoLevel}));
    printer.print({map("g", "9223372036854775807"), map("k", R"({"a": -7, "b": -2, "c": -3})")});
    QCOMPARE(printer.words(),
             (Words{9223372036854775807U, static_cast<std::uint64_t>(-2), schema::kNoLevel}));
    printer.print({map("k", R"({"a": -7})")});
    QCOMPARE(printer.words(), (Words{schema::kNoLevel, static_cast<std::uint64_t>(-7), schema::kNoLevel}));
    QCOMPARE(printer.values().missed(), 0U);
}

void TestScriptValues::statistics()
{
    Printer printer({{"s", ScriptMapKind::Stats}, {"k", ScriptMapKind::Stats, true}});
    printer.print(
        {map("s", R"({"count": 4, "average": 25, "total": 100})", "stats"),
         map("k",
             R"({"a": {"count": 1, "average": 2, "total": 2}, "b": {"count": 3, "average": 3, "total": 9}})",
             "stats")});
    QCOMPARE(printer.words(), (Words{4, 100, 4, 11}));
    QCOMPARE(printer.values().events(), 4U);
}

void TestScriptValues::histogramsKeepTheirCounts()
{
    Printer printer({{"h", ScriptMapKind::Histogram}});
    printer.print(
        {map("h",
             R"([{"max": -1, "count": 1}, {"min": 0, "max": 0, "count": 2}, {"min": 1, "max": 1, "count": 3},
 {"min": 2, "max": 3, "count": 5}, {"min": 8, "max": 15, "count": 7}, {"min": 1073741824, "max": 2147483647, "count": 9}])",
             "hist")});
    auto words = printer.words();
    QCOMPARE(words[0], 27U);
    QCOMPARE(std::accumulate(words.begin() + 1, words.end(), std::uint64_t{0}), 27U);
    const auto at = [&words](std::uint64_t value) { return words[1 + schema::bucketOf(value << 8)]; };
    QCOMPARE(at(0), 3U);
    QCOMPARE(at(1), 3U);
    QCOMPARE(at(2) + at(3), 5U);
    QCOMPARE(at(8) + at(10) + at(12) + at(14), 7U);
    QVERIFY(at(8) <= 2 && at(14) >= 1);
    // A linear one, open at the top.
    Printer linear({{"h", ScriptMapKind::Histogram}});
    linear.print({map("h", R"([{"min": 100, "max": 109, "count": 4}, {"min": 200, "count": 6}])", "hist")});
    words = linear.words();
    QCOMPARE(at(104), 4U);
    QCOMPARE(at(200), 6U);
    // Cleared: as a whole, though one bucket is larger than it was.
    linear.print({map("h", R"([{"min": 100, "max": 109, "count": 5}])", "hist")});
    words = linear.words();
    QCOMPARE(words[0], 15U);
    QCOMPARE(at(104), 9U);
}

void TestScriptValues::betweenPrintsInterpolates()
{
    Printer printer({{"a", ScriptMapKind::Counter}, {"g", ScriptMapKind::Gauge}});
    printer.print({map("a", "0"), map("g", "1")});
    printer.print({map("a", "1000"), map("g", "2")});
    QCOMPARE(printer.words(bpf::kScriptLagNs - bpf::kScriptPrintNs), (Words{0, 2}));
    QCOMPARE(printer.words(bpf::kScriptLagNs - bpf::kScriptPrintNs / 2), (Words{500, 2}));
    QCOMPARE(printer.words(bpf::kScriptLagNs), (Words{1000, 2}));
    QCOMPARE(printer.words(0), (Words{0, 1}));
}

void TestScriptValues::keysAreBounded()
{
    Printer printer({{"a", ScriptMapKind::Counter, true}, {"h", ScriptMapKind::Histogram, true}});
    std::string many = "{";
    for (std::size_t i = 0; i < ScriptValues::kMaxKeys + 10; ++i)
        many += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": 1";
    std::string histograms = "{";
    for (std::size_t i = 0; i < ScriptValues::kMaxHistogramKeys + 5; ++i)
        histograms +=
            (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": [{\"min\": 1, \"max\": 1, \"count\": 1}]";
    printer.print({map("a", many + "}"), map("h", histograms + "}", "hist")});
    QCOMPARE(printer.words()[0], ScriptValues::kMaxKeys);
    QCOMPARE(printer.words()[1], ScriptValues::kMaxHistogramKeys);
    QCOMPARE(printer.values().missed(), 15U);
}

void TestScriptValues::lossesAreCounted()
{
    Printer printer({{"a", ScriptMapKind::Counter}});
    printer.say(R"({"type": "lost_events", "data": {"events": 42}})");
    printer.say(R"({"type": "attached_probes", "data": {"probes": 3}})");
    printer.say(R"({"type": "time", "data": "12:00:00\n"})");
    printer.say(R"({"type": "printf", "data": "anything \" at all"})");
    QCOMPARE(printer.values().missed(), 42U);
}

void TestScriptValues::brokenLines_data()
{
    QTest::addColumn<QString>("line");
    int i = 0;
    for (const char *line :
         {"{", "}", "[]", "x", "{\"type\"}",
          R"({"type": "map"})"
          "x",
          R"({"type": "map", "data": {"@a": }})", R"({"type": "map", "data": {"@a": 1)",
          R"({"type": "hist", "data": {"@h": [{"min": "x"}]}})", R"({"type": "hist", "data": {"@h": 5}})",
          R"({"type": "map", "data": 5})", R"({"type": "map", "data": {"@a)",
          R"({"type": "x", "data": [[[[[[[[[[[[1]]]]]]]]]]]]})", R"({"type": "printf", "data": 1})",
          "\xff\xfe"})
        QTest::addRow("%d", i++) << QString::fromLatin1(line);
}

void TestScriptValues::brokenLines()
{
    QFETCH(QString, line);
    Printer printer({{"a", ScriptMapKind::Counter}, {"h", ScriptMapKind::Histogram}});
    printer.print({map("a", "5")});
    printer.say(line.toLatin1().toStdString());
    QCOMPARE(printer.values().missed(), line == R"({"type": "map"})" ? 0U : 1U);
    printer.print({map("a", "6")});
    QCOMPARE(printer.words()[0], 6U);
}

// Every beginning of a good line, and every line with one byte changed: nothing but counting may happen.
void TestScriptValues::cutAndChangedLines()
{
    const std::string good =
        map("h", R"({"a": [{"min": 2, "max": 3, "count": 5}, {"min": 4, "max": 7, "count": 1}], "b,1": []})",
            "hist");
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int byte = -1; byte < 256; byte += byte < 0 ? 1 : 3) {
            ScriptValues values({{"h", ScriptMapKind::Histogram, true}, {"", ScriptMapKind::Gauge}});
            auto line = good;
            if (byte < 0)
                line.resize(i);
            else
                line[i] = static_cast<char>(byte);
            values.line(line, 1);
            values.line(good, 2);
            QVERIFY(values.events() < 1'000'000'000'000'000'000U);
        }
}

QTEST_GUILESS_MAIN(TestScriptValues)
#include "tst_script_values.moc"
