//! The destinations of rules: other roots, other names, and folders that are told apart.

use std::collections::BTreeSet;

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::zoom::File;

use super::{UUID, job_of, on, retry, small, write};
use crate::support::world::{Engine, World, usual_meeting};

#[tokio::test]
async fn rules_send_recordings_to_other_roots_under_other_names() {
    let mut world = World::new().await;
    let (first, second) = (world.sandbox.google.root_folder(), world.sandbox.google.shared_drive());
    let there = format!("[[where]]\nhosts = ['principal@*']\nfolder_id = '{second}'\n");
    let named = "[[where]]\ntopics = ['*probe*']\nfolder_template = 'Rehearsals/{topic}'\nfile_template = '{time} {zone} {view}'\n";
    let gone = "[[where]]\ntopics = ['lost']\nfolder_id = 'nowhere'\n";
    write(&mut world, &format!("{there}{named}{gone}"));
    world.settings.insert("FOLDER_TEMPLATE".to_owned(), "{year}/{topic}".to_owned());
    let life = world.live().await;
    let meetings = [
        ("here", "Talk", "ann@example.com"),
        ("there", "Talk", "principal@example.com"),
        ("again", "Talk", "principal@example.com"),
        ("named", "Stellprobe", "ann@example.com"),
    ];
    for (uuid, topic, host) in meetings {
        world.sandbox.zoom.add(small(uuid, topic, host));
        world.deliver(&life, uuid).await;
    }
    world.sandbox.zoom.add(small("lost", "Lost", "ann@example.com"));
    world.deliver(&life, "lost").await;
    life.wait_for("the lost one's help, and the others' end", |jobs| {
        jobs.iter().filter(|job| job.standing == Standing::Finished).count() == 4
            && jobs.iter().any(|job| job.standing == Standing::Parked)
    })
    .await;
    let lost = job_of(&life, "lost").await;
    assert!(
        lost.reason.starts_with("folder_id nowhere (rules, line 8) does not exist")
            && !lost.reason.contains("DRIVE_FOLDER_ID"),
        "{}",
        lost.reason
    );
    life.stop().await;
    let archive = world.archive();
    let paths: Vec<&str> = archive.keys().map(String::as_str).collect();
    let names = paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(paths.len(), 4, "{paths:?}");
    assert!(paths.contains(&"Rehearsals/Stellprobe/18.30 UTC chat file.txt"), "{paths:?}");
    assert!(paths.contains(&"2026/Talk/2026-03-01 18.30 Talk chat file.txt"), "{paths:?}");
    assert_eq!(paths.iter().filter(|path| path.starts_with("Drive/2026/Talk/")).count(), 2, "{paths:?}");
    assert_eq!(
        names.iter().collect::<BTreeSet<_>>().len(),
        3,
        "twice the same name, in two roots: {names:?}"
    );
    let talks: Vec<_> =
        world.sandbox.google.folders().into_iter().filter(|folder| folder.name == "Talk").collect();
    assert_eq!(talks.len(), 2);
    assert_ne!(talks[0].app_properties, talks[1].app_properties);
    assert_ne!(first, second);
}

#[tokio::test]
async fn late_files_join_the_others_when_rules_now_name_another_root() {
    let mut world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    life.stop().await;
    let rules = format!("[[where]]\nfolder_id = '{}'\n", world.sandbox.google.shared_drive());
    write(&mut world, &rules);
    world.sandbox.zoom.add_file(UUID, File::transcript("late", 999));
    let life = world.live().await;
    retry(&world, &life, UUID).await;
    life.stop().await;
    let archive = world.archive();
    let folders: BTreeSet<&str> = archive.keys().map(|path| path.rsplit_once('/').unwrap().0).collect();
    assert_eq!((archive.len(), folders.len()), (5, 1), "{:?}", archive.keys());
}

/// The folders at the top of the archive, and how many files are below each.
fn tops(world: &World) -> Vec<(String, usize)> {
    let archive = world.archive();
    let top = |path: &String| path.split('/').next().unwrap().to_owned();
    let names: BTreeSet<String> = archive.keys().map(top).collect();
    names
        .into_iter()
        .map(|name| (name.clone(), archive.keys().filter(|path| top(path) == name).count()))
        .collect()
}

fn two_annas(first: usize, second: usize) -> Vec<(String, usize)> {
    vec![("anna".to_owned(), first), ("anna (anna@b.org)".to_owned(), second)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_of_one_local_part_share_no_folder_whatever_is_lost() {
    for engine in Engine::here().await {
        let settings = [("FOLDER_TEMPLATE", "{host_name}/{year}/{topic}")];
        let mut world = on(engine, "", &settings).await;
        let life = world.live().await;
        for (uuid, host) in [("a1", "anna@a.org"), ("b1", "anna@b.org")] {
            world.sandbox.zoom.add(small(uuid, "Talk", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        assert_eq!(tops(&world), two_annas(1, 1));
        life.stop().await;

        // Another life on the same database.
        let life = world.live().await;
        for (uuid, host) in [("b2", "anna@b.org"), ("a2", "anna@a.org")] {
            world.sandbox.zoom.add(small(uuid, "Other", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        life.stop().await;
        assert_eq!(tops(&world), two_annas(2, 2));

        // A life without memory, in which the second one comes first.
        let old = world.settings["DATABASE_URL"].clone();
        let forgotten = format!("sqlite://{}", world.folder.path().join("forgotten.db").display());
        world.settings.insert("DATABASE_URL".to_owned(), forgotten);
        let life = world.live().await;
        for (uuid, host) in [("b3", "anna@b.org"), ("a3", "anna@a.org")] {
            world.sandbox.zoom.add(small(uuid, "Third", host));
            world.deliver(&life, uuid).await;
            life.finish(&world).await;
        }
        life.stop().await;
        assert_eq!(tops(&world), two_annas(3, 3));
        world.assert_archived(&["a1", "a2", "a3", "b1", "b2", "b3"]);
        world.settings.insert("DATABASE_URL".to_owned(), old);
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_agree_who_has_the_short_name() {
    for engine in Engine::here().await {
        let settings = [("FOLDER_TEMPLATE", "{host_name}"), ("FILE_TEMPLATE", "{host} {id}")];
        let world = on(engine, "", &settings).await;
        let lives = [world.live().await, world.live().await];
        let hosts = ["anna@a.org", "anna@b.org", "anna@c.org", "anna@d.org"];
        for (number, host) in hosts.into_iter().cycle().take(16).enumerate() {
            let uuid = format!("race-{number}");
            world.sandbox.zoom.add(small(&uuid, "Talk", host));
            // The instances may keep each other waiting; Zoom comes again.
            let body = world.sandbox.zoom.event(&uuid, "recording.completed");
            while world.send(&lives[number % 2], &body).await == 503 {}
        }
        lives[0].finish(&world).await;
        for life in lives {
            life.stop().await;
        }
        let archive = world.archive();
        let pairs: BTreeSet<(&str, &str)> = archive
            .keys()
            .map(|path| path.split_once('/').unwrap())
            .map(|(folder, name)| (folder, name.split(' ').next().unwrap()))
            .collect();
        assert_eq!((archive.len(), pairs.len()), (16, 4), "{pairs:?}");
        assert_eq!(pairs.iter().map(|(folder, _)| folder).collect::<BTreeSet<_>>().len(), 4, "{pairs:?}");
        assert!(pairs.iter().any(|(folder, _)| *folder == "anna"), "{pairs:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn meetings_of_one_topic_and_day_share_a_folder_and_no_name() {
    let world = World::new().await;
    let life = world.live().await;
    for (uuid, start) in [("m1", "10:00"), ("m2", "10:00"), ("m3", "15:00")] {
        let mut meeting = small(uuid, "Talk", "ann@example.com").start(&format!("2026-03-01T{start}:00Z"));
        meeting.files[0] = meeting.files[0].clone().recorded(&meeting.start_time, "2026-03-01T16:00:00Z");
        world.sandbox.zoom.add(meeting);
        world.deliver(&life, uuid).await;
    }
    life.finish(&world).await;
    life.stop().await;
    world.assert_archived(&["m1", "m2", "m3"]);
    let archive = world.archive();
    let folders: BTreeSet<&str> = archive.keys().map(|path| path.rsplit_once('/').unwrap().0).collect();
    assert_eq!((archive.len(), folders.len()), (3, 1), "{:?}", archive.keys());
}
