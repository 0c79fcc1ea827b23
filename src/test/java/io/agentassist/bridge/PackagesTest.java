package io.agentassist.bridge;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/** Shows that each feature can be read after those that it needs. */
class PackagesTest {

	@Test
	void shouldHaveNoCycles() {
		slices().matching("io.agentassist.bridge.(*)..")
			.should()
			.beFreeOfCycles()
			.check(new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
				.importPackages("io.agentassist.bridge"));
	}

}
