// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/name_list.h"

#include <QTest>
#include <random>

using namespace statescape::hooks;

namespace {
NameList sample()
{
    NameList names;
    for (const char *name : {"vfs_fsync_range", "vfs_fsync", "ext4_vfs_fsync_x", "do_fsync",
                             "VFS_Fsync_upper", "fsyncvfs", "xvfs_fsync", "vfs_read"})
        names.add(name, "", 1);
    names.add("vfs_fsync", "overlay", 2);
    return names;
}

std::vector<std::string> shown(const NameList &names, const SearchResult &result)
{
    std::vector<std::string> out;
    for (const auto &match : result.matches)
        out.push_back(names.fullName(match.index));
    return out;
}
} // namespace

class NameListTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsWhatIsAdded()
    {
        NameList names;
        std::vector<std::string> added;
        for (int i = 0; i < 5000; ++i) {
            added.push_back("name_" + std::to_string(i * 7919));
            const auto at = names.add(added.back(), i % 2 ? "odd" : "even", 1, static_cast<std::uint64_t>(i));
            QVERIFY(at && at->second);
        }
        QCOMPARE(names.size(), added.size());
        for (std::size_t i = 0; i < added.size(); ++i) {
            QCOMPARE(std::string(names.name(i)), added[i]);
            QCOMPARE(names.find(added[i], i % 2 ? "odd" : "even"), std::optional(i));
            QVERIFY(!names.find(added[i], i % 2 ? "even" : "odd"));
            QCOMPARE(names.value(i), std::uint64_t(i));
        }
        QVERIFY(!names.find("name_1"));
        const auto again = names.add(added[3], "odd", 4);
        QVERIFY(again && !again->second);
        QCOMPARE(int(names.flags(3)), 5);
        QCOMPARE(names.size(), added.size());
    }

    void takesNoNonsense()
    {
        NameList names;
        QVERIFY(!names.add("", "", 0));
        QVERIFY(!names.add("two\nlines", "", 0));
        QVERIFY(!names.add("bell\a", "", 0));
        QVERIFY(!names.add(std::string(NameList::kLongestName + 1, 'x'), "", 0));
        QVERIFY(!names.add("x", std::string(NameList::kLongestName + 1, 'x'), 0));
        QVERIFY(!names.add(std::string("a\0b", 3), "", 0));
        QVERIFY(names.empty());
        QVERIFY(!names.find("x"));
        QVERIFY(!names.find("x", ""));
        QCOMPARE(names.search("x", 10).total, std::size_t(0));
        QVERIFY(names.closest("x", 3).empty());
        QVERIFY(names.add("_ZN3foo3barEv", "", 0));
    }

    void ranksExactThenPrefixThenWordThenPart()
    {
        const auto names = sample();
        const auto all = names.search("vfs_fsync", 100);
        const std::vector<std::string> want{"vfs_fsync",       "overlay:vfs_fsync", "VFS_Fsync_upper",
                                            "vfs_fsync_range", "ext4_vfs_fsync_x",  "xvfs_fsync"};
        QCOMPARE(shown(names, all), want);
        QCOMPARE(all.total, want.size());
        QCOMPARE(int(all.matches[0].fit), int(Fit::Exact));
        QCOMPARE(int(all.matches[2].fit), int(Fit::Prefix));
        QCOMPARE(int(all.matches[4].fit), int(Fit::Word));
        QCOMPARE(int(all.matches[5].fit), int(Fit::Part));

        const auto bounded = names.search("vfs_fsync", 2);
        QCOMPARE(bounded.matches.size(), std::size_t(2));
        QCOMPARE(bounded.total, want.size());
        QCOMPARE(names.search("vfs_fsync", 100, 2).total, std::size_t(1));
        QCOMPARE(names.search("", 100).total, names.size());
        QCOMPARE(names.search(std::string(100'000, 'v'), 5).total, std::size_t(0));
    }

    void globsAndGroups()
    {
        const auto names = sample();
        QCOMPARE(shown(names, names.search("VFS_*", 100)),
                 (std::vector<std::string>{"vfs_read", "vfs_fsync", "overlay:vfs_fsync", "VFS_Fsync_upper",
                                           "vfs_fsync_range"}));
        QCOMPARE(shown(names, names.search("?o_fsync", 100)), std::vector<std::string>{"do_fsync"});
        QCOMPARE(shown(names, names.search("overlay:vfs", 100)),
                 std::vector<std::string>{"overlay:vfs_fsync"});
        QCOMPARE(shown(names, names.search("over*:*read", 100)), std::vector<std::string>{});
    }

    void globAgreesWithADefinition_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("fits");
        QTest::newRow("empty") << ""
                               << "" << true;
        QTest::newRow("star") << "*"
                              << "" << true;
        QTest::newRow("stars") << "**"
                               << "abc" << true;
        QTest::newRow("middle") << "a*c"
                                << "abbbc" << true;
        QTest::newRow("greedy") << "*ab"
                                << "aabab" << true;
        QTest::newRow("tail") << "ab*"
                              << "xab" << false;
        QTest::newRow("question") << "a?c"
                                  << "ac" << false;
        QTest::newRow("rest") << "abc"
                              << "abcd" << false;
    }
    void globAgreesWithADefinition()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, text);
        QFETCH(bool, fits);
        QCOMPARE(fitsGlob(pattern.toStdString(), text.toStdString()), fits);
    }

    // Many stars and no match: the classic way to make a matcher take forever.
    void aHostileGlobEnds()
    {
        std::string pattern;
        for (int i = 0; i < 120; ++i)
            pattern += "a*";
        NameList names;
        names.add(std::string(4000, 'a'), "", 0);
        QVERIFY(!fitsGlob(pattern + "b", std::string(4000, 'a')));
        QCOMPARE(names.search(pattern + "b", 10).total, std::size_t(0));
    }

    void editDistanceIsTheDistance()
    {
        QCOMPARE(editDistance("abc", "abc", 3), std::size_t(0));
        QCOMPARE(editDistance("", "abc", 3), std::size_t(3));
        QCOMPARE(editDistance("vfs_fsycn", "vfs_fsync", 3), std::size_t(1));
        QCOMPARE(editDistance("kitten", "sitting", 5), std::size_t(3));
        QCOMPARE(editDistance("kitten", "sitting", 2), std::size_t(3));
        std::mt19937 random(7);
        for (int i = 0; i < 300; ++i) {
            std::string a(random() % 12, 'a');
            std::string b(random() % 12, 'a');
            for (auto *text : {&a, &b})
                for (auto &c : *text)
                    c = static_cast<char>('a' + random() % 3);
            const auto there = editDistance(a, b, 20);
            QCOMPARE(editDistance(b, a, 20), there);
            QCOMPARE(there == 0, a == b);
            QVERIFY(there <= std::max(a.size(), b.size()));
            QCOMPARE(editDistance(a, b, there), there);
        }
    }

    void guessesWhatWasMeant()
    {
        const auto names = sample();
        QCOMPARE(names.closest("vfs_fysnc", 1), std::vector<std::string>{"vfs_fsync"});
        QCOMPARE(names.closest("vfs_fsync_rang", 1), std::vector<std::string>{"vfs_fsync_range"});
        // What begins alike comes before what is a few letters away.
        QCOMPARE(names.closest("vfs_rea", 3).front(), std::string("vfs_read"));
        QVERIFY(names.closest("tcp_sendmsg", 3).empty());
        QCOMPARE(didYouMean({}), std::string());
        QCOMPARE(didYouMean({"a"}), std::string("did you mean a?"));
        QCOMPARE(didYouMean({"a", "b", "c"}), std::string("did you mean a, b or c?"));
    }
};

QTEST_GUILESS_MAIN(NameListTest)
#include "tst_name_list.moc"
