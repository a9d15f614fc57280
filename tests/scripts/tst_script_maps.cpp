// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/script_maps.h"
#include "core/schema/user_probe.h"

#include <QTest>

using namespace statescape;
using schema::scriptMaps;

namespace {
/// "name[] kind" of each, and what else is said of it.
QString told(const std::string &text)
{
    const auto maps = scriptMaps(text);
    if (!maps)
        return QString::fromStdString(maps.error().message);
    QStringList out;
    static const std::array<const char *, 4> kKinds{"counter", "gauge", "histogram", "stats"};
    for (const auto &map : *maps)
        out << QString("@%1%2 %3%4%5")
                   .arg(QString::fromStdString(map.name), map.keyed ? "[]" : "",
                        kKinds.at(static_cast<std::size_t>(map.kind)), map.printedWhole ? "" : " part",
                        map.amounts ? " amounts" : "");
    return out.join(", ");
}
} // namespace

class TestScriptMaps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void finds_data();
    void finds();
    void refuses_data();
    void refuses();
    void wildTextsEndSoon();
    void slotsAndFeatures();
};

void TestScriptMaps::finds_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("maps");
    const auto row = [](const char *what, const char *text, const char *maps) {
        QTest::newRow(what) << QString(text) << QString(maps);
    };
    row("count", "k:f { @ = count(); }", "@ counter");
    row("each function",
        "k:f { @a = sum(1); @b[pid] = hist(nsecs); @c = lhist(1,0,9,1); @d = stats(2); @e = avg(1); @f = "
        "min(1); "
        "@g[comm, tid] = max(1); }",
        "@a counter amounts, @b[] histogram, @c histogram, @d stats, @e gauge, @f gauge, @g[] gauge");
    row("operators", "k:f { @n++; ++@m[pid]; @s += 5; @d--; @q -= 2; }",
        "@n counter, @m[] counter, @s counter amounts, @d gauge, @q gauge");
    row("a level that goes up and down", "k:a { @in++; } k:b { @in--; }", "@in gauge");
    row("a counter that begins at a number", "BEGIN { @n = 0; } k:f { @n++; }", "@n counter");
    row("a level", "k:f { @depth = $x->depth + 1; @neg = -5; }", "@depth gauge, @neg gauge");
    row("state between events",
        "k:f { @start[tid] = nsecs; } kr:f / @start[tid] / { @us = hist((nsecs - @start[tid]) / 1000); "
        "delete(@start[tid]); }",
        "@us histogram");
    row("points in time and texts",
        "BEGIN { @t = nsecs; @e = elapsed; @who = comm; @w = str(arg0); @s = kstack(5); "
        "@l = \"x\"; @p = (struct sock *)arg0; @two = (1, 2); } k:f { @ = count(); }",
        "@ counter");
    row("a difference of times is a level", "k:f { @d = nsecs - @t; }", "@d gauge");
    row("a difference of one in brackets", "k:f { @d = (nsecs - 5) / 1000; }", "@d gauge");
    row("comments", "// @a = count()\n/* @b = count(); */ k:f { /* } */ @c = count(); } // {", "@c counter");
    row("strings", "k:f { printf(\"@a = count(); \\\" } // /* \"); @c = count(); }", "@c counter");
    row("preprocessor", "#!/usr/bin/bpftrace\n#include <linux/x.h>\n  #define A { \\\n @z++ {\nk:f { @c++; }",
        "@c counter");
    row("paths with wildcards",
        "uprobe:/lib/*.so:f, kprobe:vfs_*/pid == 1/ { @c++; } u:/opt/*/lib*.so:f { @d++; }",
        "@c counter, @d counter");
    row("predicates", "k:f / @on == 1 / { @c++; } k:g { @on = 1; }", "@on gauge, @c counter");
    row("positional", "k:f / pid == $1 / { @[str($2)] = count(); }", "@[] counter");
    row("nested index", "k:f { @a[@b[tid], \"]\"] = count(); @b[tid] = 1; delete(@b[tid]); }",
        "@a[] counter");
    row("clears and prints",
        "interval:s:1 { print(@a); clear(@a); print(@b, 5); print(@c[1]); zero(@d); } k:f { @a++; "
        "@b[pid]++; @c[pid]++; @d++; }",
        "@a counter, @b[] counter part, @c[] counter part, @d counter");
    row("comparisons are no assignments",
        "k:f { if (@n >= 5) { @c++; } if (@n == 2) { @c++; } } k:g { @n++; }", "@n counter, @c counter");
    row("structures", "struct a { int b; }; k:f { @c = count(); }", "@c counter");
    row("no space at all", "k:f{@=count()}", "@ counter");
}

void TestScriptMaps::finds()
{
    QFETCH(QString, text);
    QFETCH(QString, maps);
    QCOMPARE(told(text.toStdString()), maps);
}

void TestScriptMaps::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *what, const QString &text, const char *words) {
        QTest::newRow(what) << text << QString(words);
    };
    row("empty", "", "no map");
    row("prints only", "k:f { printf(\"%d\\n\", pid); }", "no map");
    row("bracket", "k:f {\n @ = count();", "line 1: '{' is not closed");
    row("bracket too many", "k:f { @ = count(); }\n}", "line 2: '}' closes nothing");
    row("crossed", "k:f { @[1} = count(); ]", "'}' closes nothing");
    row("comment", "k:f { @ = count(); }\n\n/* ", "line 3: a comment is not closed");
    row("string", "k:f { @ = count(); printf(\"x); }", "a string is not closed");
    QString many = "k:f {";
    for (int i = 0; i <= 16; ++i)
        many += QString(" @m%1++;").arg(i);
    row("too many", many + " }", "more than 16 maps");
    row("too long", QString(static_cast<int>(schema::kMaxScriptBytes) + 1, ' '), "bytes");
    row("no text", QString("k:f { @++; }") + QChar(0), "byte of zero");
}

void TestScriptMaps::refuses()
{
    QFETCH(QString, text);
    QFETCH(QString, words);
    const auto maps = scriptMaps(text.toStdString());
    QVERIFY(!maps);
    QCOMPARE(maps.error().code, base::Code::InvalidArgument);
    QVERIFY2(maps.error().message.find(words.toStdString()) != std::string::npos,
             maps.error().message.c_str());
    QVERIFY(!maps.error().hint.empty());
}

// No timing here, but each of these took minutes where a search began again at every word.
void TestScriptMaps::wildTextsEndSoon()
{
    const auto repeated = [](std::string_view piece) {
        std::string text;
        while (text.size() + piece.size() <= schema::kMaxScriptBytes)
            text += piece;
        return text;
    };
    for (const auto *piece : {"@a[", "@", "@=", "@a=@b[", "(", "/*", "\"", "\\", "#\n", "@a=(1,", "{}", ":",
                              "/", "@a++;", "@a[{(", "\n#\\\n", "print(@", "delete(@x[", "@a = count("})
        (void)scriptMaps(repeated(piece)).has_value();
    std::string deep;
    for (int i = 0; i < 15000; ++i)
        deep += "@a[";
    for (int i = 0; i < 15000; ++i)
        deep += "]";
    (void)scriptMaps(deep).has_value();
    for (std::uint32_t seed = 1; seed < 3000; ++seed) {
        static constexpr std::string_view kSigns = "@ab=+-()[]{}/*\"\\\n#;: ,1count";
        std::uint32_t random = seed;
        std::string text;
        for (int i = 0; i < 60; ++i) {
            random = random * 1664525 + 1013904223;
            text += kSigns[random >> 16 & 31U & (kSigns.size() - 1)];
        }
        if (const auto maps = scriptMaps(text))
            QVERIFY(!maps->empty() && maps->size() <= schema::kMaxScriptMaps);
    }
}

void TestScriptMaps::slotsAndFeatures()
{
    schema::UserProbe probe;
    probe.kind = schema::HookKind::Script;
    probe.target = "/home/u/io depth.bt";
    probe.script = "k:f { @n = count(); @us = hist(1); @depth = $d; @s = stats(1); @bytes = sum(1); }";
    std::size_t words = 0;
    for (const auto &slot : schema::userSlots(probe))
        words += slot.kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
    QCOMPARE(words, 1U + 1 + schema::kHistogramBuckets + 1 + 2 + 1);
    QStringList keys;
    for (const auto &row : schema::userFeatures(probe))
        keys << QString::fromStdString(row.feature.key);
    QCOMPARE(keys.join(' '),
             QString("bpftrace.io_depth.bt.n.rate bpftrace.io_depth.bt.us.rate bpftrace.io_depth.bt.us.p50 "
                     "bpftrace.io_depth.bt.us.p99 bpftrace.io_depth.bt.depth bpftrace.io_depth.bt.s.rate "
                     "bpftrace.io_depth.bt.s.mean bpftrace.io_depth.bt.bytes.rate"));
}

QTEST_GUILESS_MAIN(TestScriptMaps)
#include "tst_script_maps.moc"
